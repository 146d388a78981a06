"""scikit-learn's side of src/probes.ts: cosine kNN and logistic regression on arrays in a folder, one line of JSON.

Usage: probes.py FOLDER COLUMNS K THREADS C...
"""
import json
import os
import sys
import time

folder, columns, k, threads, *grid = sys.argv[1:]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = threads

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

train, test = (np.fromfile(os.path.join(folder, name), np.float32).reshape(-1, int(columns)) for name in ("train", "test"))
labels, truth = (np.fromfile(os.path.join(folder, name), np.int32) for name in ("labels", "truth"))


def timed(work):
    started = time.process_time()
    return float(np.mean(work() == truth)), time.process_time() - started


def logistic(c):
    scaler = StandardScaler().fit(train)
    model = LogisticRegression(C=c, max_iter=1000).fit(scaler.transform(train), labels)
    return model.predict(scaler.transform(test))


def knn():
    model = KNeighborsClassifier(int(k), metric="cosine", algorithm="brute", weights=lambda d: np.exp((1 - d) / 0.07))
    return model.fit(train, labels).predict(test)


knn()
neighbours = timed(knn)
fits = [timed(lambda: logistic(float(c))) for c in grid]
print(json.dumps({"knn": neighbours[0], "knnSeconds": neighbours[1],
                  "logistic": [fit[0] for fit in fits], "logisticSeconds": [fit[1] for fit in fits]}))
