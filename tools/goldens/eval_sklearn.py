"""Golden values for @lejepa/eval: scikit-learn's cosine kNN, logistic and ridge regression and metrics, PyTorch's AdamW, scipy's t.

usage: python3 tools/goldens/eval_sklearn.py > packages/eval/src/fixtures/sklearn.json
"""
import json

import numpy as np
import torch
from scipy import stats
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (accuracy_score, average_precision_score, balanced_accuracy_score, f1_score,
                             mean_absolute_error, r2_score, roc_auc_score)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler, label_binarize

rng = np.random.default_rng(7)
n, m, d, classes = 90, 60, 6, 4
centres = rng.normal(size=(classes, d))
shares = np.array([0.5, 0.25, 0.15, 0.1])


def draw(count):
    y = rng.choice(classes, size=count, p=shares)
    x = (centres[y] + 0.9 * rng.normal(size=(count, d))).astype(np.float32).round(3)
    return x, y


def flat(array, digits=None):
    array = np.asarray(array, dtype=float)
    return (array if digits is None else array.round(digits)).ravel().tolist()


train, labels = draw(n)
test, truth = draw(m)

knn = KNeighborsClassifier(10, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / 0.07))
knn.fit(train, labels)

scaler = StandardScaler().fit(train)
known, asked = scaler.transform(train), scaler.transform(test)


def logistic(c, y):
    return LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(known, y)


multinomial = []
for c in (0.01, 1.0):
    model = logistic(c, labels)
    multinomial.append({"c": c, "weight": flat(model.coef_), "bias": flat(model.intercept_),
                        "predictions": model.predict(asked).tolist()})

# three labels at once, and two numbers
tags = (train[:, :3] + 0.5 * rng.normal(size=(n, 3)) > 0).astype(int)
models = [logistic(0.5, tags[:, j]) for j in range(3)]
sigmoid = {"c": 0.5, "labels": tags.ravel().tolist(), "weight": flat([model.coef_[0] for model in models]),
           "bias": [float(model.intercept_[0]) for model in models]}
numbers = (train[:, :2] @ rng.normal(size=(2, 2)) + 0.3 * rng.normal(size=(n, 2))).round(3)
model = Ridge(alpha=4.0, solver="cholesky").fit(known, numbers)
ridge = {"c": 0.25, "values": flat(numbers), "weight": flat(model.coef_), "bias": flat(model.intercept_)}

# a linear head by AdamW, all rows in each of 20 steps: warm-up over 2 steps, then a cosine to a thousandth
head = torch.nn.Linear(d, classes)
torch.nn.init.zeros_(head.weight)
torch.nn.init.zeros_(head.bias)
steps, warm, peak = 20, 2, 0.05
optimizer = torch.optim.AdamW(head.parameters(), lr=peak, weight_decay=1e-6)
for step in range(1, steps + 1):
    share = step / warm if step <= warm else 0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * (step - warm) / (steps - warm)))
    for group in optimizer.param_groups:
        group["lr"] = peak * share
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(head(torch.tensor(train)), torch.tensor(labels))
    loss.backward()
    optimizer.step()
adamw = {"learningRate": peak, "epochs": steps, "weight": flat(head.weight.detach()), "bias": flat(head.bias.detach())}

# metrics with weights: counts of a resample; scores rounded so that some are equal
scores = knn.predict_proba(test).round(1) + 0.0
weights = rng.integers(0, 3, size=m)
predicted = scores.argmax(1)
onehot = label_binarize(truth, classes=range(classes))
marks = (rng.random((m, 3)) < 0.4).astype(int)
odds = np.clip(0.35 * marks + 0.6 * rng.random((m, 3)), 0, 1).round(2)
values = rng.normal(size=(m, 2)).round(3)
guesses = (values + 0.5 * rng.normal(size=(m, 2))).round(3)


def metrics(w):
    binary = truth == 1
    return {
        "classification": {
            "accuracy": accuracy_score(truth, predicted, sample_weight=w),
            "balancedAccuracy": balanced_accuracy_score(truth, predicted, sample_weight=w),
            "macroF1": f1_score(truth, predicted, average="macro", sample_weight=w),
            "auroc": roc_auc_score(onehot, scores, average="macro", sample_weight=w),
            "averagePrecision": average_precision_score(onehot, scores, average="macro", sample_weight=w),
        },
        "binary": {
            "auroc": roc_auc_score(binary, scores[:, 1], sample_weight=w),
            "averagePrecision": average_precision_score(binary, scores[:, 1], sample_weight=w),
        },
        "multilabel": {
            "macroF1": f1_score(marks, odds > 0.5, average="macro", sample_weight=w),
            "auroc": roc_auc_score(marks, odds, average="macro", sample_weight=w),
            "averagePrecision": average_precision_score(marks, odds, average="macro", sample_weight=w),
        },
        "regression": {"r2": r2_score(values, guesses, sample_weight=w), "mae": mean_absolute_error(values, guesses, sample_weight=w)},
    }


print(json.dumps({
    "classes": classes, "columns": d,
    "train": flat(train, 3), "labels": labels.tolist(), "test": flat(test, 3), "truth": truth.tolist(),
    "knn": {"k": 10, "predictions": knn.predict(test).tolist(), "shares": flat(knn.predict_proba(test), 6)},
    "multinomial": multinomial, "sigmoid": sigmoid, "ridge": ridge, "adamw": adamw,
    "scores": flat(scores), "weights": weights.tolist(), "marks": marks.ravel().tolist(), "odds": flat(odds),
    "values": flat(values), "guesses": flat(guesses),
    "metrics": [metrics(np.ones(m)), metrics(weights)],
    "student": {str(g): float(np.sqrt(g / (g - 1)) * stats.t.ppf(0.975, g - 1) / stats.norm.ppf(0.975)) for g in (2, 10, 100, 5000)},
    "t": float(stats.t.ppf(0.975, 2)),
}))
