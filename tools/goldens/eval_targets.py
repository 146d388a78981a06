"""Golden values for @lejepa/eval's tables of targets: labels and numbers with unknown cells, learnt and scored by scikit-learn.

usage: python3 tools/goldens/eval_targets.py > packages/eval/src/fixtures/targets.json
"""
import json

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, f1_score, mean_absolute_error, r2_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(11)
n, d, c = 160, 6, 0.5
labels, numbers = ["cough", "fever", "rash"], ["age", "size"]
splits = {"train": list(range(0, 80)), "validation": list(range(80, 110)), "test": list(range(110, n))}

x = rng.normal(size=(n, d)).astype(np.float32).round(3)
marks = (x[:, :3] + 0.8 * rng.normal(size=(n, 3)) > [0.0, 0.3, 0.8]).astype(float)
values = (x[:, :2] @ rng.normal(size=(2, 2)) * [10, 0.3] + [50, 2] + rng.normal(size=(n, 2)) * [4, 0.1]).round(3)
marks[rng.random(marks.shape) < 0.12] = np.nan
values[rng.random(values.shape) < 0.12] = np.nan
left_out = [5, 90, 120]  # images that the table does not list


def cell(value):
    return "" if np.isnan(value) else repr(float(value))


order = [row for row in rng.permutation(n).tolist() if row not in left_out]
lines = [",".join(["file", *labels, *numbers])]
lines += [",".join([f"image-{row}.png", *map(cell, marks[row]), *map(cell, values[row])]) for row in order]


def known(table):
    return [row for row in range(n) if row not in left_out and not np.isnan(table[row]).all()]


def rows_of(split, table):
    have = set(known(table))
    return np.array([row for row in splits[split] if row in have])


def standard(table):
    train, test = rows_of("train", table), rows_of("test", table)
    scaler = StandardScaler().fit(x[train])
    return train, test, scaler.transform(x[train]), scaler.transform(x[test])


train, test, a, b = standard(marks)
scores = []
for j in range(len(labels)):
    learnt = ~np.isnan(marks[train, j])
    model = LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(a[learnt], marks[train[learnt], j])
    seen = ~np.isnan(marks[test, j])
    odds, truth = model.predict_proba(b[seen])[:, 1], marks[test[seen], j]
    scores.append({"auroc": roc_auc_score(truth, odds), "averagePrecision": average_precision_score(truth, odds),
                   "f1": f1_score(truth, odds > 0.5), "right": int(((odds > 0.5) == truth).sum()), "rows": int(seen.sum())})
multilabel = {
    "auroc": float(np.mean([s["auroc"] for s in scores])),
    "averagePrecision": float(np.mean([s["averagePrecision"] for s in scores])),
    "macroF1": float(np.mean([s["f1"] for s in scores])),
    "accuracy": sum(s["right"] for s in scores) / sum(s["rows"] for s in scores),
    "perClass": [{key: float(s[key]) for key in ("auroc", "averagePrecision", "f1")} for s in scores],
}

train, test, a, b = standard(values)
scores = []
for j in range(len(numbers)):
    learnt = ~np.isnan(values[train, j])
    y = values[train[learnt], j]
    model = Ridge(alpha=1 / c, solver="cholesky").fit(a[learnt], (y - y.mean()) / y.std())
    seen = ~np.isnan(values[test, j])
    guess, truth = model.predict(b[seen]) * y.std() + y.mean(), values[test[seen], j]
    scores.append({"r2": r2_score(truth, guess), "mae": mean_absolute_error(truth, guess)})
regression = {
    "r2": float(np.mean([s["r2"] for s in scores])),
    "mae": float(np.mean([s["mae"] for s in scores])),
    "perClass": [{key: float(value) for key, value in s.items()} for s in scores],
}

print(json.dumps({
    "rows": n, "columns": d, "c": c, "features": x.astype(float).round(3).ravel().tolist(), "splits": splits,
    "table": "\n".join(lines) + "\n", "labels": labels, "numbers": numbers, "leftOut": left_out,
    "multilabel": multilabel, "regression": regression,
}))
