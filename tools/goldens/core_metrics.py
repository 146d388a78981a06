"""Reference values of the collapse metrics of packages/core/src/metrics, straight from their papers' definitions in float64,
and of Spearman's correlation from scipy.

Run: /usr/bin/python3 tools/goldens/core_metrics.py
"""
import itertools
import json
import pathlib

import numpy as np
import scipy
from scipy import stats

OUT = pathlib.Path(__file__).parent / "../../packages/core/fixtures/metrics.json"
SEED, SAMPLES, VIEWS, DIM = 20261123, 12, 4, 6


def entropy_rank(weights, epsilon=0.0):
    p = weights / weights.sum() + epsilon
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


def rankme(z):  # Garrido et al. 2023, equation 1
    return entropy_rank(np.linalg.svd(z, compute_uv=False), 1e-7)


def effective_rank(z):  # Roy and Vetterli 2007, of the covariance
    return entropy_rank(np.clip(np.linalg.eigvalsh(np.cov(z.T)), 0, None))


def alpha_req(z):  # Agrawal et al. 2022: lambda_i ~ i^-alpha
    values = np.sort(np.linalg.eigvalsh(np.cov(z.T)))[::-1]
    values = values[values > 1e-10 * values[0]]
    return float(-np.polyfit(np.log(np.arange(1, len(values) + 1)), np.log(values), 1)[0])


def lidar(z, views, delta=1e-4):  # Thilak et al. 2024, equations 2-5
    per = z.reshape(-1, views, z.shape[1])
    means = per.mean(1)
    between = (means - means.mean(0)).T @ (means - means.mean(0)) / (len(per) - 1)
    residual = (per - means[:, None]).reshape(-1, z.shape[1])
    within = residual.T @ residual / (len(per) * (views - 1)) + delta * np.eye(z.shape[1])
    values, vectors = np.linalg.eigh(within)
    root = vectors @ np.diag(values**-0.5) @ vectors.T
    return entropy_rank(np.clip(np.linalg.eigvalsh(root @ between @ root), 0, None))


def spearman(rng):
    cases = []
    for n, tied in ((4, False), (5, True), (6, False), (7, True), (12, False), (20, True)):
        a = rng.normal(size=n)
        b = a + rng.normal(size=n)
        if tied:
            a, b = np.round(a), np.round(b)
        rho, t = stats.spearmanr(a, b)
        exact = None
        if n <= 9:
            x, y = stats.rankdata(a), stats.rankdata(b)
            x, y = x - x.mean(), y - y.mean()
            sums = np.array([abs(x @ np.array(order)) for order in itertools.permutations(y)])
            exact = float((sums >= abs(x @ y) - 1e-9).mean())
        half = stats.norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (n - 3))
        ends = [float(np.tanh(np.arctanh(rho) + sign * half)) for sign in (-1, 1)]
        cases.append({"a": a.tolist(), "b": b.tolist(), "rho": float(rho), "exact": exact, "t": float(t), "interval": ends})
    return cases


def main():
    rng = np.random.default_rng(SEED)
    cases = []
    for name, spread in {"flat": np.ones(DIM), "falling": 1 / np.arange(1, DIM + 1) ** 1.5, "few": np.array([2, 1, 1e-3, 0, 0, 0])}.items():
        centres = rng.normal(size=(SAMPLES, 1, DIM)) * spread
        z = (centres + 0.2 * spread * rng.normal(size=(SAMPLES, VIEWS, DIM)) + 0.5 * spread).reshape(-1, DIM).astype(np.float32)
        wide = z.astype(np.float64)
        cases.append(
            {
                "name": name,
                "features": [float(f"{v:.9g}") for v in z.reshape(-1)],
                "rankMe": rankme(wide),
                "effectiveRank": effective_rank(wide),
                "alphaReQ": alpha_req(wide),
                "spectrum": np.sort(np.linalg.eigvalsh(np.cov(wide.T)))[::-1].tolist(),
                "lidar": lidar(wide, VIEWS),
                "featureStd": float(wide.std(0).mean()),
            }
        )
    about = "Collapse metrics of features [samples * views, dim], float64 from float32 features."
    out = {"about": about, "versions": {"numpy": np.__version__, "scipy": scipy.__version__}, "seed": SEED}
    out |= {"samples": SAMPLES * VIEWS, "views": VIEWS, "dim": DIM, "cases": cases, "spearman": spearman(rng)}
    OUT.write_text(json.dumps(out) + "\n")


main()
