"""Golden values for @lejepa/eval from scikit-learn: weighted cosine kNN, logistic regression, balanced accuracy, scipy's t.

usage: python3 tools/goldens/eval_sklearn.py > packages/eval/src/fixtures/sklearn.json
"""
import json

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(7)
n, m, d, classes = 90, 60, 6, 4
centres = rng.normal(size=(classes, d))
weights = np.array([0.5, 0.25, 0.15, 0.1])


def draw(count):
    y = rng.choice(classes, size=count, p=weights)
    x = (centres[y] + 0.9 * rng.normal(size=(count, d))).astype(np.float32).round(3)
    return x, y


train, labels = draw(n)
test, truth = draw(m)

knn = KNeighborsClassifier(10, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / 0.07))
knn_predictions = knn.fit(train, labels).predict(test)

scaler = StandardScaler().fit(train)
logistic = []
for c in (0.01, 1.0):
    model = LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(scaler.transform(train), labels)
    logistic.append({"c": c, "weight": model.coef_.tolist(), "bias": model.intercept_.tolist(),
                     "predictions": model.predict(scaler.transform(test)).tolist()})

values = [0.61, 0.64, 0.6, 0.66, 0.63]
half = [float(stats.t.ppf(0.975, k - 1) * np.std(values[:k], ddof=1) / np.sqrt(k)) for k in (2, 3, 5)]
print(json.dumps({
    "classes": classes, "columns": d,
    "train": train.astype(float).round(3).ravel().tolist(), "labels": labels.tolist(),
    "test": test.astype(float).round(3).ravel().tolist(), "truth": truth.tolist(),
    "knn": {"k": 10, "predictions": knn_predictions.tolist()},
    "logistic": logistic,
    "accuracy": accuracy_score(truth, knn_predictions), "balancedAccuracy": balanced_accuracy_score(truth, knn_predictions),
    "interval": {"values": values, "halfWidths": {"2": half[0], "3": half[1], "5": half[2]},
                 "t40": float(stats.t.ppf(0.975, 40))},
}))
