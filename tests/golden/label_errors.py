#!/usr/bin/env python3
"""Writes label_errors.json: labels that cleanlab doubts, given probabilities.

    python tests/golden/label_errors.py            rewrite the file
    python tests/golden/label_errors.py --check    remake it in memory, compare with the file

Made with Python 3.11, numpy 2.4.6 and cleanlab 2.9.0. Each of 240 examples has a true class of four, with 120, 60, 40 and 20
examples, and softmax probabilities of noisy scores for it, rounded to four digits; 12 % of the labels are then others at random.
`doubted` is `find_label_issues(filter_by="prune_by_noise_rate")`, cleanlab's default, and `joint` is `compute_confident_joint`, which
is calibrated to the numbers of labels.
"""
import json
import sys
from pathlib import Path

import numpy as np
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues

FILE = Path(__file__).with_name("label_errors.json")


def made():
    rng = np.random.default_rng(7)
    true = np.repeat(np.arange(4), [120, 60, 40, 20])
    rng.shuffle(true)
    scores = rng.normal(size=(len(true), 4)) + 2.2 * np.eye(4)[true]
    odds = np.exp(scores)
    probabilities = np.round(odds / odds.sum(axis=1, keepdims=True), 4)
    labels = true.copy()
    for i in rng.choice(len(true), int(0.12 * len(true)), replace=False):
        labels[i] = rng.choice([c for c in range(4) if c != true[i]])
    doubted = find_label_issues(labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
    return {
        "probabilities": probabilities.tolist(),
        "labels": labels.tolist(),
        "joint": compute_confident_joint(labels, probabilities).tolist(),
        "doubted": np.flatnonzero(doubted).tolist(),
    }


if __name__ == "__main__":
    text = json.dumps(made(), separators=(",", ":")).replace("],[", "],\n[") + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if FILE.read_text() == text else f"{FILE} differs")
    FILE.write_text(text)
