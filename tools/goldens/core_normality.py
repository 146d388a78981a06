"""Float64 values and gradients (autograd) of the normality tests of packages/core, written from their definitions,
on the inputs of packages/core/fixtures/normality-tests.json. Kolmogorov-Smirnov is scipy's.
Run: /usr/bin/python3 tools/goldens/core_normality.py
"""
import json
import math
import pathlib

import numpy as np
import scipy
import scipy.stats
import torch

CORE = pathlib.Path(__file__).parent / "../../packages/core/fixtures"
torch.set_default_dtype(torch.float64)
log_cdf = torch.special.log_ndtr
cdf = torch.special.ndtr


def ranks(n):
    return torch.arange(1, n + 1)[:, None].double()


def anderson_darling(x):
    x = x.sort(0).values
    n = len(x)
    return -n - ((2 * ranks(n) - 1) * (log_cdf(x) + log_cdf(-x.flip(0)))).mean(0)


def cramer_von_mises(x):
    n = len(x)
    return (cdf(x.sort(0).values) - (ranks(n) - 0.5) / n).square().mean(0)


def watson(x):
    return cramer_von_mises(x) - (cdf(x).mean(0) - 0.5) ** 2


def kolmogorov_smirnov(x):
    n = len(x)
    u = cdf(x.sort(0).values)
    return torch.maximum(ranks(n) / n - u, u - (ranks(n) - 1) / n).amax(0)


def shapiro_wilk(position, rahman=False):
    def statistic(x):
        n = len(x)
        m = torch.special.ndtri(position(ranks(n), n))
        if rahman:
            phi = (-m.square() / 2).exp()[:, 0]
            inverse = torch.diag(2 * phi**2) - torch.diag(phi[1:] * phi[:-1], 1) - torch.diag(phi[1:] * phi[:-1], -1)
            m = inverse @ m
        s = x.sort(0).values
        return 1 - ((m * s).sum(0) / (m.norm() * s.norm(dim=0))).abs()

    return statistic


def vcreg(x):
    n, v = len(x), x.var(0)
    return n * x.mean(0) ** 2 / v + (n - 1) * (v - 1) ** 2 / 2


def jarque_bera(x):
    z = (x - x.mean(0)) / x.std(0)
    return vcreg(x) + len(x) / 6 * ((z**3).mean(0) ** 2 + ((z**4).mean(0) - 3) ** 2 / 4)


def moments(x):
    target = [0, 1, 0, 3]
    return sum((1 if k == 1 else math.exp(-k)) * ((x**k).mean(0) - target[k - 1]).abs() for k in range(1, 5))


def vasicek(m):
    def statistic(x):
        n, s = len(x), x.sort(0).values
        i = torch.arange(n)
        d = s[(i + m).clamp(max=n - 1)] - s[(i - m).clamp(min=0)]
        entropy = (n / (2 * m) * d).log().mean(0)
        return math.sqrt(2 * math.pi * math.e) * x.std(0) / entropy.exp()

    return statistic


def nll(x):
    s, n = x.sort(0).values, len(x)
    i = ranks(n)
    counts = torch.lgamma(torch.tensor(n + 1.0)) - torch.lgamma(i) - torch.lgamma(n - i + 1)
    density = -s.square() / 2 - math.log(2 * math.pi) / 2
    return -(counts + (i - 1) * log_cdf(s) + (n - i) * log_cdf(-s) + density)


def pairs(x):
    return x @ x.T, x.square().sum(1, keepdim=True)


def bhep(beta):
    def statistic(x):
        d, b = x.shape[1], beta**2
        inner, square = pairs(x)
        two = (-b / 2 * (square + square.T - 2 * inner)).exp().mean()
        one = (-b / (2 * (1 + b)) * square).exp().mean()
        return two - 2 * (1 + b) ** (-d / 2) * one + (1 + 2 * b) ** (-d / 2)

    return statistic


def hz(x):
    n, d = x.shape
    return bhep(((2 * d + 1) * n / 4) ** (1 / (d + 4)) / math.sqrt(2))(x)


def hv(g):
    def statistic(x):
        d = x.shape[1]
        inner, square = pairs(x)
        s = square + square.T + 2 * inner
        return ((s / (4 * g)).exp() * (inner - s / (2 * g) + s / (4 * g * g) + d / (2 * g))).sum() / len(x)

    return statistic


def comb(g):
    def statistic(x):
        inner, square = pairs(x)
        mean = (((square - square.T) / (4 * g)).exp() * (inner / (2 * g)).cos()).mean()
        return math.sqrt(len(x)) * (mean - 1)

    return statistic


def epps_pulley(x):
    t = torch.linspace(0, 3, 17)
    phi = (-t * t / 2).exp()
    w = 2 * (t[1] - t[0]) * phi
    w[0], w[-1] = w[0] / 2, w[-1] / 2
    angle = x[..., None] * t
    return len(x) * (((angle.cos().mean(0) - phi) ** 2 + angle.sin().mean(0) ** 2) * w).sum(-1)


elfving = shapiro_wilk(lambda i, n: (i - math.pi / 8) / (n + 1 - math.pi / 4))
TESTS = {
    "epps-pulley": epps_pulley,
    "anderson-darling": anderson_darling,
    "cramer-von-mises": cramer_von_mises,
    "watson": watson,
    "kolmogorov-smirnov": kolmogorov_smirnov,
    "shapiro-wilk elfving-symmetric": elfving,
    "shapiro-wilk rahman": shapiro_wilk(lambda i, n: i / (n + 1), rahman=True),
    "extended-jarque-bera": jarque_bera,
    "variance-covariance": vcreg,
    "moments": moments,
    "vasicek-entropy 1": vasicek(1),
    "vasicek-entropy 3": vasicek(3),
    "order-statistic-nll": nll,
    "bhep": bhep(0.1),
    "henze-zirkler": hz,
    "henze-visagie": hv(5),
    "combined-mgf": comb(5),
}


def main():
    inputs = json.loads((CORE / "normality-tests.json").read_text())["inputs"]
    cases = []
    for name in ("normal", "scaled"):
        data = torch.tensor(inputs[name]).reshape(64, 3)
        for test, function in TESTS.items():
            x = data.clone().requires_grad_()
            value = function(x)
            value.sum().backward()
            case = {"test": test, "input": name}
            case["value"] = [float(f"{v:.9g}") for v in value.reshape(-1).tolist()]
            case["grad"] = [float(f"{v:.7g}") for v in x.grad.reshape(-1).tolist()]
            if test == "kolmogorov-smirnov":
                again = [scipy.stats.kstest(data[:, c].numpy(), "norm").statistic for c in range(3)]
                assert np.allclose(again, case["value"], rtol=1e-12), (again, case["value"])
            cases.append(case)
    about = "Values and gradients of the sum of the values, float64, of the inputs in normality-tests.json."
    versions = {"torch": torch.__version__, "scipy": scipy.__version__, "numpy": np.__version__}
    (CORE / "normality-gradients.json").write_text(json.dumps({"about": about, "versions": versions, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
