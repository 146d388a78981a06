"""Golden values of DINOv2 and DINOv3 vision transformers from PyTorch, written from the papers (Oquab et al. 2023, Darcet et
al. 2024, Simeoni et al. 2025) and the published checkpoints' names and shapes: transformers' names, timm's, the authors'.

usage: python3 tools/goldens/encoders_dino.py packages/encoders/fixtures/dino.json
       python3 tools/goldens/encoders_dino.py --full FOLDER
The fixture holds small models; weights are not stored: both sides derive them from tensor names (encoders_torch.py's rule).
With --full: for the published sizes, model.safetensors, config.json, input and outputs, and the same model as ONNX, in one
folder each; `LEJEPA_DINO_FULL=FOLDER npx vitest run dino-full` in packages/eval compares with them.
"""

import json
import math
import os
import sys

import torch
import torch.nn.functional as F
from encoders_torch import test_value, values


class Names:
    """Published names of one style; `block(i)` is the prefix of a block."""

    def __init__(self, style, family):
        self.style, self.family = style, family
        hf = style == "hf"
        self.cls = "embeddings.cls_token" if hf else "cls_token"
        self.registers = {"hf": "embeddings.register_tokens", "timm": "reg_token", "original": "register_tokens"}[style]
        if style == "original" and family == "dinov3":
            self.registers = "storage_tokens"
        self.pos = "embeddings.position_embeddings" if hf else "pos_embed"
        self.mask = "embeddings.mask_token" if hf else "mask_token"
        self.patch = "patch_embed.proj"
        if hf:
            self.patch = "embeddings.patch_embeddings" + (".projection" if family == "dinov2" else "")
        self.norm = "layernorm" if hf and family == "dinov2" else "norm"

    def block(self, i):
        if self.style != "hf":
            return f"blocks.{i}"
        return f"encoder.layer.{i}" if self.family == "dinov2" else f"layer.{i}"

    def scale(self, i, which):
        b = self.block(i)
        if self.style == "hf":
            return f"{b}.layer_scale{which}.lambda1"
        return f"{b}.gamma_{which}" if self.style == "timm" and self.family == "dinov3" else f"{b}.ls{which}.gamma"


def shapes(c):
    """Names and shapes of a published checkpoint."""
    n, d, h, out = Names(c["style"], c["family"]), c["dim"], c["hidden"], {}
    out[n.cls] = [1, 1, d]
    if c["style"] != "timm":
        out[n.mask] = [1, d] if c["family"] == "dinov2" else [1, 1, d] if c["style"] == "hf" else [1, d]
    if c["registers"]:
        out[n.registers] = [1, c["registers"], d]
    if c["family"] == "dinov2":
        own_place = not (c["style"] == "timm" and c["registers"])
        out[n.pos] = [1, c["grid"] ** 2 + own_place, d]
    out[f"{n.patch}.weight"], out[f"{n.patch}.bias"] = [d, 3, c["patch"], c["patch"]], [d]
    for i in range(c["depth"]):
        b = n.block(i)
        for norm in ("norm1", "norm2"):
            out[f"{b}.{norm}.weight"] = out[f"{b}.{norm}.bias"] = [d]
        if c["style"] == "hf" and c["family"] == "dinov2":
            for part in ("query", "key", "value"):
                out[f"{b}.attention.attention.{part}.weight"], out[f"{b}.attention.attention.{part}.bias"] = [d, d], [d]
            out[f"{b}.attention.output.dense.weight"], out[f"{b}.attention.output.dense.bias"] = [d, d], [d]
        elif c["style"] == "hf":
            for part in ("q", "k", "v", "o"):
                out[f"{b}.attention.{part}_proj.weight"] = [d, d]
                if part != "k":
                    out[f"{b}.attention.{part}_proj.bias"] = [d]
        else:
            out[f"{b}.attn.qkv.weight"] = [3 * d, d]
            if c["family"] == "dinov2":
                out[f"{b}.attn.qkv.bias"] = [3 * d]
            elif c["biases"]:
                out[f"{b}.attn.q_bias"] = out[f"{b}.attn.v_bias"] = [d]
            out[f"{b}.attn.proj.weight"], out[f"{b}.attn.proj.bias"] = [d, d], [d]
        out[n.scale(i, 1)] = out[n.scale(i, 2)] = [d]
        for name, shape in mlp_shapes(c, f"{b}.mlp", d, h).items():
            out[f"{name}.weight"], out[f"{name}.bias"] = shape, [shape[0]]
    out[f"{n.norm}.weight"] = out[f"{n.norm}.bias"] = [d]
    return out


def mlp_shapes(c, m, d, h):
    hf, v3 = c["style"] == "hf", c["family"] == "dinov3"
    if not c["gated"]:
        first, last = ("up_proj", "down_proj") if hf and v3 else ("fc1", "fc2")
        return {f"{m}.{first}": [h, d], f"{m}.{last}": [d, h]}
    if v3:
        parts = ("gate_proj", "up_proj", "down_proj") if hf else ("fc1_g", "fc1_x", "fc2")
        return {f"{m}.{parts[0]}": [h, d], f"{m}.{parts[1]}": [h, d], f"{m}.{parts[2]}": [d, h]}
    first, last = {"hf": ("weights_in", "weights_out"), "timm": ("fc1", "fc2"), "original": ("w12", "w3")}[c["style"]]
    return {f"{m}.{first}": [2 * h, d], f"{m}.{last}": [d, h]}


def rotate(x, gh, gw, prefix, base=100.0):
    """Axial rotary embedding of the patches: x [b, heads, n, k]."""
    k = x.shape[-1]
    periods = base ** (torch.arange(k // 4, dtype=x.dtype) * 4 / k)
    ys = (torch.arange(gh, dtype=x.dtype) + 0.5) / gh * 2 - 1
    xs = (torch.arange(gw, dtype=x.dtype) + 0.5) / gw * 2 - 1
    grid = torch.stack(torch.meshgrid(ys, xs, indexing="ij"), -1).reshape(-1, 2)
    angles = (2 * math.pi * grid[:, :, None] / periods).reshape(len(grid), -1).repeat(1, 2)
    patches = x[:, :, prefix:]
    a, b = patches.chunk(2, -1)
    turned = patches * angles.cos() + torch.cat([-b, a], -1) * angles.sin()
    return torch.cat([x[:, :, :prefix], turned], 2)


def attention(c, p, i, x, gh, gw):
    n, b, d = Names(c["style"], c["family"]), None, c["dim"]
    b = n.block(i)
    zero = torch.zeros(d, dtype=x.dtype)
    if c["style"] == "hf" and c["family"] == "dinov2":
        a = f"{b}.attention.attention"
        q, k, v = (F.linear(x, p[f"{a}.{s}.weight"], p[f"{a}.{s}.bias"]) for s in ("query", "key", "value"))
        out = f"{b}.attention.output.dense"
    elif c["style"] == "hf":
        a = f"{b}.attention"
        q, k, v = (F.linear(x, p[f"{a}.{s}_proj.weight"], p.get(f"{a}.{s}_proj.bias")) for s in "qkv")
        out = f"{a}.o_proj"
    else:
        bias = p.get(f"{b}.attn.qkv.bias")
        if c["family"] == "dinov3" and c["biases"]:
            bias = torch.cat([p[f"{b}.attn.q_bias"], zero, p[f"{b}.attn.v_bias"]])
        q, k, v = F.linear(x, p[f"{b}.attn.qkv.weight"], bias).chunk(3, -1)
        out = f"{b}.attn.proj"
    heads = c["heads"]
    q, k, v = (t.reshape(len(x), -1, heads, d // heads).transpose(1, 2) for t in (q, k, v))
    if c["family"] == "dinov3":
        q, k = (rotate(t, gh, gw, 1 + c["registers"]) for t in (q, k))
    weights = (q @ k.transpose(-2, -1) / math.sqrt(d // heads)).softmax(-1)
    mixed = (weights @ v).transpose(1, 2).reshape(len(x), -1, d)
    return F.linear(mixed, p[f"{out}.weight"], p[f"{out}.bias"])


def mlp(c, p, m, x):
    dense = lambda name, t: F.linear(t, p[f"{name}.weight"], p[f"{name}.bias"])
    names = list(mlp_shapes(c, m, 1, 1))
    if not c["gated"]:
        return dense(names[1], F.gelu(dense(names[0], x)))
    gate, value = dense(names[0], x).chunk(2, -1) if len(names) == 2 else (dense(names[0], x), dense(names[1], x))
    return dense(names[-1], F.silu(gate) * value)


def forward(c, p, x):
    """Class token after the last norm, class tokens of the last two blocks before it, and for the last two blocks the
    normed class token and the mean of the normed patches."""
    n, d = Names(c["style"], c["family"]), c["dim"]
    x = F.conv2d(x, p[f"{n.patch}.weight"], p[f"{n.patch}.bias"], stride=c["patch"])
    gh, gw = x.shape[2:]
    x = x.flatten(2).transpose(1, 2)
    cls = p[n.cls].reshape(1, 1, d)
    if c["family"] == "dinov2":
        table = p[n.pos]
        if table.shape[1] > c["grid"] ** 2:
            cls, table = cls + table[:, :1], table[:, 1:]
        if (gh, gw) != (c["grid"], c["grid"]):
            # transformers and the authors antialias with registers only, timm always
            antialias = c["style"] == "timm" or c["registers"] > 0
            square = table.reshape(1, c["grid"], c["grid"], d).permute(0, 3, 1, 2)
            square = F.interpolate(square, size=(gh, gw), mode="bicubic", align_corners=False, antialias=antialias)
            table = square.permute(0, 2, 3, 1).reshape(1, gh * gw, d)
        x = x + table
    tokens = [cls.expand(len(x), -1, -1)]
    if c["registers"]:
        tokens.append(p[n.registers].expand(len(x), -1, -1))
    x = torch.cat([*tokens, x], 1)
    norm = lambda name, t: F.layer_norm(t, (d,), p[f"{name}.weight"], p[f"{name}.bias"], c["eps"])
    before, blocks = [], []
    for i in range(c["depth"]):
        b = n.block(i)
        x = x + p[n.scale(i, 1)] * attention(c, p, i, norm(f"{b}.norm1", x), gh, gw)
        x = x + p[n.scale(i, 2)] * mlp(c, p, f"{b}.mlp", norm(f"{b}.norm2", x))
        if i >= c["depth"] - 2:
            after = norm(n.norm, x)
            before.append(x[:, 0])
            blocks.append([after[:, 0], after[:, 1 + c["registers"] :].mean(1)])
    return blocks[-1][0], torch.cat(before, 1), [t for pair in blocks for t in pair]


def case(family, style, registers=0, gated=False, biases=True, **size):
    small = dict(dim=16, depth=3, heads=2, hidden=64, patch=14 if family == "dinov2" else 16, grid=4)
    eps = 1e-6 if family == "dinov2" else 1e-5
    return dict(family=family, style=style, registers=registers, gated=gated, biases=biases, eps=eps, **{**small, **size})


SMALL = [
    case("dinov2", "hf"),
    case("dinov2", "timm"),
    case("dinov2", "original", registers=4),
    case("dinov2", "hf", registers=4),
    case("dinov2", "timm", registers=4),
    case("dinov2", "hf", gated=True, hidden=24),
    case("dinov2", "timm", gated=True, hidden=24, registers=4),
    case("dinov2", "original", gated=True, hidden=24),
    case("dinov3", "hf", registers=4),
    case("dinov3", "timm", registers=4),
    case("dinov3", "timm", registers=4, biases=False),
    case("dinov3", "hf", registers=4, gated=True, hidden=24),
    case("dinov3", "timm", registers=4, gated=True, hidden=24),
]


def r(tensor):
    return [float(f"{v:.7g}") for v in tensor.detach().reshape(-1).tolist()]


def small_golden(c):
    inputs = [[2, 3, 3 * c["patch"], 2 * c["patch"]]] + ([[1, 3, 4 * c["patch"], 4 * c["patch"]]] if c["style"] == "hf" else [])
    p = {n: test_value(n, s) for n, s in shapes(c).items()}
    runs = []
    for shape in inputs:
        embedding, probe, tokens = forward(c, p, values("x0", shape))
        runs.append({"input": shape, "embedding": r(embedding), "probe": r(probe), "tokens": [r(t) for t in tokens]})
    return {"title": title(c), "heads": c["heads"], "family": c["family"], "style": c["style"], "shapes": shapes(c), "runs": runs}


def title(c):
    extra = [f"{c['registers']} registers"] * bool(c["registers"]) + ["gated"] * c["gated"] + ["no biases"] * (not c["biases"])
    return ", ".join([f"{c['family']} {c['style']}", *extra])


S, B = dict(dim=384, depth=12, heads=6, hidden=1536, grid=37), dict(dim=768, depth=12, heads=12, hidden=3072, grid=37)
FULL = {
    "dinov2-small-hf": case("dinov2", "hf", **S),
    "dinov2-small-timm": case("dinov2", "timm", **S),
    "dinov2-reg-small-hf": case("dinov2", "hf", registers=4, **S),
    "dinov2-reg-small-timm": case("dinov2", "timm", registers=4, **S),
    "dinov2-base-hf": case("dinov2", "hf", **B),
    "dinov2-base-timm": case("dinov2", "timm", **B),
    "dinov2-reg-base-hf": case("dinov2", "hf", registers=4, **B),
    "dinov3-vits16-hf": case("dinov3", "hf", registers=4, **S),
    "dinov3-vits16-timm": case("dinov3", "timm", registers=4, biases=False, **S),
}


def write_safetensors(path, tensors, dtype):
    header, offset, blobs = {}, 0, []
    for name, t in tensors.items():
        blob = t.to(dtype).contiguous()
        raw = (blob.view(torch.int16) if dtype == torch.bfloat16 else blob).numpy().tobytes()
        kind = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}[dtype]
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
        blobs.append(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(blobs))


class Model(torch.nn.Module):
    def __init__(self, c, p):
        super().__init__()
        self.c = c
        self.keys = list(p)
        self.weights = torch.nn.ParameterList([torch.nn.Parameter(t, requires_grad=False) for t in p.values()])

    def forward(self, x):
        embedding, _, tokens = forward(self.c, dict(zip(self.keys, self.weights)), x)
        return embedding, tokens[-1]


def full(folder):
    for name, c in FULL.items():
        out = os.path.join(folder, name)
        os.makedirs(out, exist_ok=True)
        generator = torch.Generator().manual_seed(7)
        p = {}
        for key, shape in shapes(c).items():
            scale = 0.3 if len(shape) == 1 else 1.5 / math.sqrt(math.prod(shape[1:])) if "weight" in key else 0.3
            p[key] = (torch.rand(shape, generator=generator) * 2 - 1) * scale + (len(shape) == 1 and not key.endswith("bias"))
        dtype = torch.bfloat16 if name == "dinov2-base-timm" else torch.float16 if name == "dinov3-vits16-timm" else torch.float32
        p = {k: t.to(dtype).float() for k, t in p.items()}
        write_safetensors(os.path.join(out, "model.safetensors"), p, dtype)
        with open(os.path.join(out, "config.json"), "w") as file:
            json.dump({"num_attention_heads": c["heads"], "layer_norm_eps": c["eps"]}, file)
        x = torch.rand((2, 3, 224, 224), generator=generator) * 2 - 1
        embedding, _, tokens = forward(c, {k: t.double() for k, t in p.items()}, x.double())
        x.numpy().tofile(os.path.join(out, "input.f32"))
        torch.stack([embedding, tokens[-1]]).float().numpy().tofile(os.path.join(out, "outputs.f32"))
        # without antialias: the exporter of this PyTorch knows no antialiased resize
        if not (c["family"] == "dinov2" and (c["style"] == "timm" or c["registers"])):
            names = dict(input_names=["pixel_values"], output_names=["embedding", "patch"])
            torch.onnx.export(Model(c, p), x, os.path.join(out, "model.onnx"), opset_version=14, **names)
        print(name, len(p), "tensors", flush=True)


if sys.argv[1] == "--full":
    torch.set_default_dtype(torch.float32)
    full(sys.argv[2])
else:
    golden = {"made": {"by": "tools/goldens/encoders_dino.py", "torch": torch.__version__}}
    golden["models"] = [small_golden(c) for c in SMALL]
    eye = lambda n: torch.eye(n)[None, :, :, None]
    plain = lambda a, b: F.interpolate(eye(a), size=(b, 1), mode="bicubic", align_corners=False)[0, :, :, 0].T
    golden["interpolation"] = [{"from": a, "to": b, "matrix": r(plain(a, b))} for a, b in ((4, 2), (4, 7), (3, 5), (1, 3))]
    with open(sys.argv[1], "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
