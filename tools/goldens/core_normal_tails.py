"""Coefficients of the Mills ratio R(a) = Phi(-a) / phi(a), a >= 0, for packages/core/src/normal.ts, and reference
values of log Phi for its test.

R(a) = t P(t) with t = 1 / (1 + a / 2): P is smooth on (0, 1] and P(0) = 1/2. Power basis (Horner), degree 11, fitted by least
squares of the relative error at Chebyshev nodes.
Run: python3 tools/goldens/core_normal_tails.py
"""
import json
import pathlib

import numpy as np
import scipy
from numpy.polynomial import chebyshev, polynomial
from scipy.special import erfcx, log_ndtr

HERE = pathlib.Path(__file__).parent
FIXTURE = HERE / "../../packages/core/fixtures/normal-tails.json"


def ratio(t):
    a = 2 * (1 / t - 1)
    return np.sqrt(np.pi / 2) * erfcx(a / np.sqrt(2)) / t


def fit(degree, nodes=400):
    s = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)  # -1 .. 1
    t = np.maximum((s + 1) / 2, 1e-12)
    v = ratio(t)
    # weighted by 1 / v: relative error
    return chebyshev.chebfit(s, v, degree, w=1 / v)


def error(power):
    t = np.linspace(1e-6, 1, 200001)
    return np.max(np.abs(polynomial.polyval(t, power) / ratio(t) - 1))


in_s = chebyshev.cheb2poly(fit(11))
power = np.array([0.0])
for k, c in enumerate(in_s):
    power = polynomial.polyadd(power, c * polynomial.polypow([-1, 2], k))
print("coefficients of P, relative error", error(power))
print([float(f"{c:.9g}") for c in power])

x = [-30, -12, -8, -5.5, -4, -3, -2, -1, -0.5, -1e-3, 0, 1e-3, 0.3, 1, 2, 3, 4, 5, 6, 8]
FIXTURE.write_text(
    json.dumps(
        {
            "about": "log Phi, float64",
            "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
            "x": x,
            "logCdf": log_ndtr(x).tolist(),
        },
        indent=1,
    )
    + "\n"
)
