"""Losses with their options as PyTorch computes them, and metrics from their definitions in numpy loops.

    python tests/golden/losses.py            # rewrite losses.safetensors
    python tests/golden/losses.py --check    # remake it, compare byte for byte, exit 1 if it differs

Losses are computed in f64 from the stored f32 inputs. `<case>.x` outputs of a model, `.labels .other .share` (targets are
share * one_hot(labels) + (1 - share) * one_hot(other)), `.target` distributions, labels or numbers, `.weights` of classes or
positives, `.loss` the mean, `.dx` its gradient. `torchvision.ops.sigmoid_focal_loss` and the softmax form of the focal loss
are written out here, and differentiated by autograd. Metrics: `<set>.logits .labels` and what they are worth.
"""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from make import F64, VERSIONS, bits, normal, safetensors, unit

FILE = Path(__file__).resolve().parent / "losses.safetensors"


def integers(p, count, below):
    return (bits(p, count) % np.uint64(below)).astype(np.int32)


def positive(name, *shape):
    return (np.abs(normal(name, *shape)) + np.float32(0.25)).astype(np.float32)


def over_classes(x, a, t):
    """Softmax losses with any targets; the class-index form where there is one label a row."""
    weight, smoothing, gamma = t.get("weights"), a["smoothing"], a["gamma"]
    k = x.shape[1]
    if gamma == 0 and "labels" in t and "other" not in t:
        return F.cross_entropy(x, t["labels"].long(), weight=weight, label_smoothing=smoothing)
    if gamma == 0 and "target" in t:
        return F.cross_entropy(x, t["target"], weight=weight, label_smoothing=smoothing)
    w = torch.ones(k, dtype=F64) if weight is None else weight
    one = F.one_hot(t["labels"].long(), k).to(F64)
    share = t["share"][:, None] if "share" in t else 1.0
    two = F.one_hot(t["other"].long(), k).to(F64) if "other" in t else one
    target = share * one + (1 - share) * two
    log_p = F.log_softmax(x, dim=1)
    smooth = (1 - smoothing) * target + smoothing / k
    rows = (w * smooth * (1 - log_p.exp()) ** gamma * -log_p).sum(dim=1)
    # Lin et al. weight by alpha and divide by the number of examples; F.cross_entropy by the weights of the targets
    return rows.mean() if gamma else rows.sum() / (w * target).sum()


def sigmoid_focal(x, t, gamma, alpha):
    """torchvision/ops/focal_loss.py, reduction="mean"."""
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    p_t = p * t + (1 - p) * (1 - t)
    loss = ce * ((1 - p_t) ** gamma)
    if alpha >= 0:
        loss = (alpha * t + (1 - alpha) * (1 - t)) * loss
    return loss.mean()


def of_numbers(x, a, t):
    y = t["target"]
    match a["op"]:
        case "bce_with_logits":
            return F.binary_cross_entropy_with_logits(x, y, pos_weight=t.get("weights"))
        case "sigmoid_focal":
            return sigmoid_focal(x, y, a["gamma"], a["alpha"])
        case "mse":
            return F.mse_loss(x, y)
        case "mae":
            return F.l1_loss(x, y)
        case "huber":
            return F.huber_loss(x, y, delta=a["delta"])
        case "smooth_l1":
            return F.smooth_l1_loss(x, y, beta=a["delta"])


def cases():
    """(name, attributes, given)"""
    def classes(name, n, k, smoothing=0.0, gamma=0.0, weights=False, mixed=False, distribution=False):
        given = {"x": 2 * normal(f"{name}.x", n, k)}
        if distribution:
            raw = positive(f"{name}.target", n, k)
            given["target"] = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
        else:
            given["labels"] = integers(5000 + n, n, k)
        if mixed:
            given["other"] = integers(6000 + n, n, k)
            given["share"] = unit(6100 + n, n).astype(np.float32)
        if weights:
            given["weights"] = positive(f"{name}.weights", k)
        return name, dict(op="soft_cross_entropy", smoothing=smoothing, gamma=gamma), given

    def numbers(name, op, shape, labels=False, weights=False, **a):
        given = {"x": 2 * normal(f"{name}.x", *shape)}
        target = normal(f"{name}.target", *shape)
        given["target"] = (target > 0.3).astype(np.float32) if labels else target
        if weights:
            given["weights"] = positive(f"{name}.weights", shape[1])
        return name, dict(op=op, **a), given

    return [
        classes("smoothed", 7, 10, smoothing=0.125),
        classes("weighted", 9, 5, weights=True),
        classes("smoothed_weighted", 11, 6, smoothing=0.25, weights=True),
        classes("mixed", 8, 4, mixed=True),
        classes("mixed_smoothed_weighted", 13, 7, smoothing=0.0625, weights=True, mixed=True),
        classes("distribution", 5, 9, distribution=True),
        classes("distribution_smoothed_weighted", 6, 8, smoothing=0.25, weights=True, distribution=True),
        classes("focal", 10, 6, gamma=2.0),
        classes("focal_weighted", 12, 3, gamma=0.5, weights=True),
        numbers("bce", "bce_with_logits", (7, 5), labels=True),
        numbers("bce_weighted", "bce_with_logits", (6, 3), labels=True, weights=True),
        numbers("bce_one", "bce_with_logits", (11, 1), labels=True),
        numbers("sigmoid_focal", "sigmoid_focal", (7, 4), labels=True, gamma=2.0, alpha=0.25),
        numbers("sigmoid_focal_plain", "sigmoid_focal", (5, 9), labels=True, gamma=1.5, alpha=-1.0),
        numbers("mse", "mse", (7, 3)),
        numbers("mse_image", "mse", (2, 5, 7, 3)),
        numbers("mae", "mae", (5, 83)),
        numbers("huber", "huber", (6, 5), delta=0.75),
        numbers("smooth_l1", "smooth_l1", (9, 2), delta=0.5),
    ]


# ---- metrics ----------------------------------------------------------------------------------------------

def f1_parts(there, said):
    """Precision, recall, F1 of two lists of booleans."""
    hit, said_n, there_n = (there & said).sum(), said.sum(), there.sum()
    precision = hit / said_n if said_n else 0.0
    recall = hit / there_n if there_n else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    return [precision, recall, f1]


def auc(score, there):
    """By pairs, one after another."""
    wins = [1.0 if p > n else 0.5 if p == n else 0.0 for p in score[there] for n in score[~there]]
    return np.mean(wins)


def of_classes(name, logits, labels):
    n, k = logits.shape
    answer = logits.argmax(axis=1)
    p = torch.softmax(torch.tensor(logits, dtype=F64), dim=1).numpy().max(axis=1)
    edges = np.linspace(0, 1, 16)
    ece = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (p > low) & (p <= high)
        if inside.any():
            ece += inside.mean() * abs((answer == labels)[inside].mean() - p[inside].mean())
    confusion = np.zeros((k, k))
    for label, said in zip(labels, answer):
        confusion[label, said] += 1
    scores = [f1_parts(labels == c, answer == c) for c in range(k)]
    support = np.array([(labels == c).sum() for c in range(k)])
    out = {"logits": logits, "labels": labels, "confusion": confusion, "scores": np.array(scores),
           "macro": np.mean(scores, axis=0), "weighted": (np.array(scores) * support[:, None]).sum(axis=0) / n,
           "ece": np.array([ece]), "top1": np.array([(answer == labels).mean()])}
    if k > 5:
        top = torch.topk(torch.tensor(logits), 5, dim=1).indices.numpy()
        out["top5"] = np.array([np.mean([label in row for label, row in zip(labels, top)])])
    if k == 2:
        out["auc"] = np.array([auc(logits[:, 1] - logits[:, 0], labels == 1)])
    return {f"{name}.{key}": value for key, value in out.items()}


def of_labels(name, logits, target):
    there, said = target > 0.5, logits > 0
    scores = [f1_parts(there[:, c], said[:, c]) for c in range(logits.shape[1])]
    out = {"logits": logits, "target": target, "scores": np.array(scores), "macro": np.mean(scores, axis=0),
           "micro": np.array(f1_parts(there.ravel(), said.ravel())),
           "auc": np.array([auc(logits[:, c], there[:, c]) for c in range(logits.shape[1])]),
           "all_right": np.array([(there == said).all(axis=1).mean()]), "right": np.array([(there == said).mean()])}
    return {f"{name}.{key}": value for key, value in out.items()}


def of_values(name, outputs, target):
    y, t = outputs.astype(np.float64), target.astype(np.float64)
    r2 = 1 - ((y - t) ** 2).sum(axis=0) / ((t - t.mean(axis=0)) ** 2).sum(axis=0)
    out = {"outputs": outputs, "target": target, "mae": np.abs(y - t).mean(axis=0), "mse": ((y - t) ** 2).mean(axis=0),
           "r2": r2}
    return {f"{name}.{key}": value for key, value in out.items()}


def metrics():
    many = normal("many.logits", 200, 8)
    labels = np.where(unit(7000, 200) < 0.4, many.argmax(axis=1), integers(7001, 200, 8)).astype(np.int32)
    labels[labels == 6] = 5  # a class that is answered and never there
    two = (np.round(4 * normal("two.logits", 150, 2)) / 4).astype(np.float32)
    two[:, 0] = 0  # scores that tie
    of_two = (two[:, 1] + normal("two.noise", 150) > 0).astype(np.int32)
    several = normal("several.logits", 120, 4)
    there = (several + normal("several.noise", 120, 4) > 0.5).astype(np.float32)
    numbers = normal("numbers.target", 90, 3)
    guess = (numbers + np.float32(0.5) * normal("numbers.noise", 90, 3)).astype(np.float32)
    return of_classes("many", many, labels) | of_classes("two", two, of_two) | of_labels("several", several, there) \
        | of_values("numbers", guess, numbers)


def losses():
    tensors, metadata = {}, {"made_with": VERSIONS}
    for name, a, given in cases():
        t = {k: torch.tensor(v, dtype=F64) for k, v in given.items()}
        x = t.pop("x").requires_grad_()
        loss = over_classes(x, a, t) if a["op"] == "soft_cross_entropy" else of_numbers(x, a, t)
        loss.backward()
        got = {"loss": np.array([loss.item()]), "dx": x.grad.numpy()}
        stored = {k: v if v.dtype == np.int32 else v.astype(np.float32) for k, v in (given | got).items()}
        tensors |= {f"{name}.{k}": v for k, v in stored.items()}
        metadata[name] = a
    return safetensors(tensors | metrics(), metadata)


def main():
    torch.set_num_threads(1)
    content = losses()
    if "--check" in sys.argv[1:]:
        same = FILE.exists() and FILE.read_bytes() == content
        print(f"{FILE.name}: {'same bytes' if same else 'DIFFERENT'}")
        return 0 if same else 1
    FILE.write_bytes(content)
    print(f"{FILE.name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
