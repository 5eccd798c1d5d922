#!/usr/bin/env python3
"""Writes embedding.json: features of a known shape, with numpy's principal components and scikit-learn's trustworthiness.

    python tests/golden/embedding.py            rewrite the file
    python tests/golden/embedding.py --check    remake it in memory, compare with the file

Made with Python 3.11, numpy 2.4.6 and scikit-learn 1.9.1. 90 examples of five groups with 12 features, rounded to three digits.
`scores` are those of the first two principal components by numpy's SVD, each with its largest score positive; `explained` are their
shares of the variance. `trust_pca` is scikit-learn's trustworthiness of the scores with 10 neighbours, and `trust_tsne` that of its own
exact t-SNE with the perplexity of this program: what ours is compared with.
"""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.manifold import TSNE, trustworthiness

FILE = Path(__file__).with_name("embedding.json")


def made():
    rng = np.random.default_rng(3)
    group = np.arange(90) % 5
    features = np.round(rng.normal(size=(90, 12)) + 3.0 * rng.normal(size=(5, 12))[group], 3).astype(np.float32)
    x = features.astype(np.float64)
    x = x - x.mean(axis=0)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    scores = u[:, :2] * s[:2]
    for k in range(2):
        scores[:, k] *= np.sign(scores[np.abs(scores[:, k]).argmax(), k])
    tsne = TSNE(perplexity=(90 - 1) / 3, method="exact", init="pca", random_state=0).fit_transform(features)
    return {
        "features": [float(f"{v:.3f}") for v in features.ravel()],
        "scores": np.round(scores, 9).tolist(),
        "explained": (s[:2] ** 2 / (s**2).sum()).tolist(),
        "trust_pca": trustworthiness(features, scores, n_neighbors=10),
        "trust_tsne": round(trustworthiness(features, tsne, n_neighbors=10), 4),
    }


if __name__ == "__main__":
    text = json.dumps(made(), separators=(",", ":")) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if FILE.read_text() == text else f"{FILE} differs")
    FILE.write_text(text)
