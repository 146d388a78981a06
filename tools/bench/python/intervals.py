"""Which bootstrap over groups? Coverage of 95 % intervals of an accuracy whose rows come in groups: percentiles, BCa, and percentiles
widened by sqrt(G / (G - 1)) t(G - 1) / z, which the project uses.

Usage: intervals.py [TRIALS]
"""
import sys

import numpy as np
from scipy import stats

trials = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
rng = np.random.default_rng(0)
z = stats.norm.ppf(0.975)


def draw(groups, mean):
    sizes = rng.integers(1, 10, groups)
    chance = np.clip(mean + 0.15 * rng.uniform(-1, 1, groups), 0, 1)
    return rng.binomial(sizes, chance), sizes


def intervals(hits, sizes, resamples=1000):
    groups, value = len(hits), hits.sum() / sizes.sum()
    times = rng.multinomial(groups, np.full(groups, 1 / groups), resamples)
    boot = np.sort((times @ hits) / (times @ sizes))
    percentile = np.quantile(boot, [0.025, 0.975])
    factor = np.sqrt(groups / (groups - 1)) * stats.t.ppf(0.975, groups - 1) / z
    widened = value + factor * (percentile - value)
    share = np.clip((np.sum(boot < value) + 0.5 * np.sum(boot == value)) / resamples, 1e-3, 1 - 1e-3)
    bias = stats.norm.ppf(share)
    left = (hits.sum() - hits) / (sizes.sum() - sizes)
    deviations = left.mean() - left
    spread = (deviations**2).sum() ** 1.5
    a = (deviations**3).sum() / (6 * spread) if spread > 0 else 0
    ends = [stats.norm.cdf(bias + (bias + q) / (1 - a * (bias + q))) for q in (-z, z)]
    return percentile, np.quantile(boot, ends), widened


for mean in (0.6, 0.85):
    # groups are as large whether hard or easy, so the expected accuracy is the mean
    for groups in (10, 20, 50, 200):
        held = np.zeros(3)
        for _ in range(trials):
            for i, (low, high) in enumerate(intervals(*draw(groups, mean))):
                held[i] += low <= mean <= high
        print(f"accuracy {mean}, {groups} groups: percentile %.1f, BCa %.1f, widened %.1f" % tuple(100 * held / trials))
