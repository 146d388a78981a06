"""Critical values of the normality tests by simulation: writes packages/core/src/normality/_critical-values.ts.

Quantiles 0.90, 0.95, 0.99 of each statistic of n standard normal samples (in d dimensions), times n^scale so that they
level off with n. Statistics from core_normality.py's definitions, float64 normals of torch's generator with SEED.
Run: /usr/bin/python3 tools/goldens/core_critical_values.py (about 5 minutes on two cores)
"""
import pathlib

import torch
from core_normality import TESTS, math, shapiro_wilk

SEED = 20261123
SAMPLES = (32, 64, 128, 256, 512, 1024, 4096)
REPEATS, REPEATS_LARGE = 20000, 8000
SAMPLES_MULTI, DIMS, REPEATS_MULTI = (64, 256, 1024), (2, 8, 32), 2000
# beyond, Henze-Zirkler's bandwidth leaves nothing of any pair: the statistic is 1 / n whatever the samples
DIMS_OF = {"henze-zirkler": (2, 8)}
OUT = pathlib.Path(__file__).parent / "../../packages/core/src/normality/_critical-values.ts"

UNIVARIATE = {  # name: (statistic, scale)
    "epps-pulley": (TESTS["epps-pulley"], 0),
    "anderson-darling": (TESTS["anderson-darling"], 0),
    "cramer-von-mises": (TESTS["cramer-von-mises"], 1),
    "watson": (TESTS["watson"], 1),
    "kolmogorov-smirnov": (TESTS["kolmogorov-smirnov"], 0.5),
    "shapiro-wilk": (shapiro_wilk(lambda i, n: (i - math.pi / 8) / (n + 1 - math.pi / 4)), 1),
    "extended-jarque-bera": (TESTS["extended-jarque-bera"], 0),
    "variance-covariance": (TESTS["variance-covariance"], 0),
    "moment-distance": (TESTS["moments"], 0.5),
    "vasicek-entropy": (TESTS["vasicek-entropy 1"], 0),
    "order-statistic-nll": (lambda x: TESTS["order-statistic-nll"](x).mean(0), 0),
}
MULTIVARIATE = {
    "henze-zirkler": (TESTS["henze-zirkler"], 1),
    "bhep": (TESTS["bhep"], 1),
    "henze-visagie": (TESTS["henze-visagie"], 0),
    "combined-mgf": (lambda x: TESTS["combined-mgf"](x).abs(), 0),
}
LEVELS = torch.tensor([0.90, 0.95, 0.99])


def row(values, n, scale, dim=None):
    quantiles = torch.quantile(values * n**scale, LEVELS).tolist()
    where = f"samples: {n}" + ("" if dim is None else f", dim: {dim}")
    return f"      {{ {where}, values: [{', '.join(f'{q:.4g}' for q in quantiles)}] }},"


def univariate(name, statistic, scale):
    lines = []
    for n in SAMPLES:
        generator = torch.Generator().manual_seed(SEED + n)
        repeats = REPEATS if n <= 1024 else REPEATS_LARGE
        parts = [statistic(torch.randn(n, 500, generator=generator)) for _ in range(repeats // 500)]
        lines.append(row(torch.cat(parts), n, scale))
    return lines


def multivariate(name, statistic, scale):
    lines = []
    for dim in DIMS_OF.get(name, DIMS):
        for n in SAMPLES_MULTI:
            generator = torch.Generator().manual_seed(SEED + 10000 * dim + n)
            values = [statistic(torch.randn(n, dim, generator=generator)) for _ in range(REPEATS_MULTI)]
            lines.append(row(torch.stack(values), n, scale, dim))
    return lines


def main():
    torch.set_num_threads(2)
    out = [
        "// Written by tools/goldens/core_critical_values.py; do not edit. Simulated quantiles 0.90, 0.95, 0.99 of each statistic,",
        f"// times samples^scale, of standard normal samples: seed {SEED}, {REPEATS} repeats ({REPEATS_LARGE} at 4096 samples,",
        f"// {REPEATS_MULTI} for multivariate tests), torch {torch.__version__}. Standard error: about 1 %, at 0.99 about 2 %.",
        'import type { CriticalTable } from "./critical-values.ts";',
        "",
        "/** Tables by the test's name. */",
        "export const criticalTables: Readonly<Record<string, CriticalTable>> = {",
    ]
    for group, tests in ((univariate, UNIVARIATE), (multivariate, MULTIVARIATE)):
        for name, (statistic, scale) in tests.items():
            out += [f'  "{name}": {{', f"    scale: {scale},", "    rows: ["]
            out += group(name, statistic, scale)
            out += ["    ],", "  },"]
            print(name, flush=True)
    OUT.write_text("\n".join(out + ["};"]) + "\n")


if __name__ == "__main__":
    main()
