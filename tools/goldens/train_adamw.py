"""Reference values of AdamW with decoupled decay, by torch.optim.AdamW in float64.

Writes packages/train/fixtures/adamw.json. Run with a Python that has torch:
    python3 tools/goldens/train_adamw.py
The first tensor is decayed, the second is not; each step has its own learning rate and gradient. With `clip`,
torch.nn.utils.clip_grad_norm_ comes before the step.
"""
import json
import pathlib

import torch

SEED = 20240711
STEPS = 6
CASES = [
    {"weightDecay": 0.05, "betas": [0.9, 0.999], "epsilon": 1e-8, "clip": None},
    {"weightDecay": 0.5, "betas": [0.8, 0.95], "epsilon": 1e-3, "clip": 1.0},
    {"weightDecay": 0.0, "betas": [0.0, 0.5], "epsilon": 1e-8, "clip": 100.0},
]


def run(case, generator):
    decayed = torch.randn(5, dtype=torch.float64, generator=generator).requires_grad_()
    plain = torch.randn(3, dtype=torch.float64, generator=generator).requires_grad_()
    start = decayed.tolist() + plain.tolist()
    groups = [{"params": [decayed], "weight_decay": case["weightDecay"]}, {"params": [plain], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=tuple(case["betas"]), eps=case["epsilon"])
    steps = []
    for i in range(STEPS):
        rate = 0.1 * (i + 1) / STEPS
        decayed.grad = torch.randn(5, dtype=torch.float64, generator=generator)
        plain.grad = torch.randn(3, dtype=torch.float64, generator=generator)
        gradient = decayed.grad.tolist() + plain.grad.tolist()
        norm = torch.nn.utils.clip_grad_norm_([decayed, plain], case["clip"] or float("inf")).item()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        moments = [optimizer.state[p] for p in (decayed, plain)]
        steps.append({
            "learningRate": rate,
            "gradient": gradient,
            "gradNorm": norm,
            "theta": decayed.tolist() + plain.tolist(),
            "m": [x for s in moments for x in s["exp_avg"].tolist()],
            "v": [x for s in moments for x in s["exp_avg_sq"].tolist()],
        })
    return {**case, "decayLength": 5, "start": start, "steps": steps}


generator = torch.Generator().manual_seed(SEED)
path = pathlib.Path(__file__).parents[2] / "packages/train/fixtures/adamw.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"seed": SEED, "torch": torch.__version__, "cases": [run(c, generator) for c in CASES]}))
