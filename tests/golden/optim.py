#!/usr/bin/env python3
"""Writes optim.safetensors: optimisers over ten steps and clipping, in f64 from stored f32.

    python tests/golden/optim.py            rewrite the file
    python tests/golden/optim.py --check    remake it, compare byte for byte, exit 1 if it differs

AdamW, RMSprop, Muon, Adafactor and clipping are PyTorch's. torch.optim.Muon makes its matrix orthogonal in bfloat16; here the same
lines of its source run in f64. PyTorch has no Lion and no LAMB; they are written down here from the papers:
Lion: Chen et al. 2023, algorithm 2. LAMB: You et al. 2020, algorithm 2, phi the identity; with bias corrections.
The average of parameters is tf.train.ExponentialMovingAverage's with num_updates.

Filters are [kh][kw][ci][co] here; for PyTorch they are permuted to [co][ci * kh * kw] and back.
"""
import inspect
import sys
from pathlib import Path

import numpy as np
import torch
import torch.optim._muon as torch_muon

from make import F64, VERSIONS, normal, safetensors

STEPS = 10
source = inspect.getsource(torch_muon._zeropower_via_newtonschulz).replace("torch.bfloat16", "torch.float64")
exec(source, torch_muon.__dict__)

CASES = {
    "adamw": dict(op="adamw", shape=[37], lr=1e-3, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.3),
    "adamw_no_decay": dict(op="adamw", shape=[37], lr=1e-2, betas=[0.8, 0.99], eps=1e-6, weight_decay=0.0),
    "rmsprop": dict(op="rmsprop", shape=[37], lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0),
    "rmsprop_momentum": dict(op="rmsprop", shape=[37], lr=1e-3, alpha=0.9, eps=1e-4, weight_decay=0.1, momentum=0.8),
    "lion": dict(op="lion", shape=[37], lr=1e-3, betas=[0.9, 0.99], weight_decay=0.0),
    "lion_decay": dict(op="lion", shape=[37], lr=3e-3, betas=[0.8, 0.95], weight_decay=0.5),
    "lamb": dict(op="lamb", shape=[3, 2, 5, 4], lr=1e-2, betas=[0.9, 0.999], eps=1e-6, weight_decay=0.01),
    "lamb_no_decay": dict(op="lamb", shape=[11, 7], lr=3e-2, betas=[0.8, 0.9], eps=1e-4, weight_decay=0.0),
    "muon_tall": dict(op="muon", shape=[3, 2, 5, 7], lr=0.02, momentum=0.95, nesterov=True, weight_decay=0.1),
    "muon_wide": dict(op="muon", shape=[1, 3, 3, 13], lr=0.1, momentum=0.8, nesterov=False, weight_decay=0.0),
    "adafactor": dict(op="adafactor", shape=[3, 2, 5, 4], lr=1e-2, eps=[2.0**-23, 1e-3], beta2_decay=-0.8, d=1.0,
                      weight_decay=0.1),
    "adafactor_one_axis": dict(op="adafactor", shape=[37], lr=0.5, eps=[2.0**-23, 1e-3], beta2_decay=-0.6, d=1.3,
                               weight_decay=0.0),
}


class Lion:
    def __init__(self, p, lr, betas, weight_decay):
        self.p, self.lr, self.betas, self.decay, self.m = p, lr, betas, weight_decay, np.zeros_like(p)

    def step(self, g):
        b1, b2 = self.betas
        update = np.sign(b1 * self.m + (1 - b1) * g)
        self.m = b2 * self.m + (1 - b2) * g
        self.p = self.p - self.lr * (update + self.decay * self.p)


class Lamb:
    def __init__(self, p, lr, betas, eps, weight_decay):
        self.p, self.lr, self.betas, self.eps, self.decay = p, lr, betas, eps, weight_decay
        self.m, self.v, self.t = np.zeros_like(p), np.zeros_like(p), 0

    def step(self, g):
        (b1, b2), self.t = self.betas, self.t + 1
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        m, v = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        update = m / (np.sqrt(v) + self.eps) + self.decay * self.p
        self.p = self.p - self.lr * np.linalg.norm(self.p) / np.linalg.norm(update) * update


class Torch:
    def __init__(self, p, op, **attributes):
        # Adafactor is factored over the last two axes, which are c_in and c_out here
        self.filters = p.ndim == 4 and op != "adafactor"
        self.shape = p.shape
        self.tensor = torch.tensor(self.to_torch(p), dtype=F64, requires_grad=True)
        make = {"adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop, "muon": torch.optim.Muon,
                "adafactor": torch.optim.Adafactor}[op]
        extra = {} if op == "muon" else {"foreach": False}
        self.optimizer = make([self.tensor], **attributes, **extra)

    def to_torch(self, a):
        return a.transpose(3, 2, 0, 1).reshape(a.shape[3], -1) if self.filters else a

    @property
    def p(self):
        p = self.tensor.detach().numpy().copy()
        if not self.filters:
            return p
        kh, kw, ci, co = self.shape
        return p.reshape(co, ci, kh, kw).transpose(2, 3, 1, 0)

    def step(self, g):
        self.tensor.grad = torch.tensor(np.ascontiguousarray(self.to_torch(g)), dtype=F64)
        self.optimizer.step()


def optimizers(tensors, metadata):
    for case, attributes in CASES.items():
        a = dict(attributes)
        op, shape = a.pop("op"), a.pop("shape")
        p0, grads = normal(f"{case}.p0", *shape), normal(f"{case}.grads", STEPS, *shape)
        if len(shape) == 1:
            grads[:, 6::8] *= np.float32(100)
            grads[1::2, 7::8] = 0
        own = {"lion": Lion, "lamb": Lamb}.get(op)
        p = p0.astype(np.float64)
        optimizer, path = own(p, **a) if own else Torch(p, op, **a), []
        for g in grads.astype(np.float64):
            optimizer.step(g)
            path.append(optimizer.p.copy())
        tensors |= {f"{case}.p0": p0, f"{case}.grads": grads, f"{case}.p": np.stack(path).astype(np.float32)}
        metadata[case] = attributes


def clipping(tensors, metadata):
    for case, kind, bound, sizes in [("clip_norm", "norm", 1.5, [3, 70, 200]), ("clip_norm_short", "norm", 1e3, [9, 5]),
                                     ("clip_value", "value", 0.6, [131, 7])]:
        x = normal(f"{case}.x", sum(sizes))
        parts = [torch.tensor(part, dtype=F64, requires_grad=True) for part in np.split(x, np.cumsum(sizes)[:-1])]
        for part in parts:
            part.grad = part.detach().clone()
        if kind == "norm":
            torch.nn.utils.clip_grad_norm_(parts, bound)
        else:
            torch.nn.utils.clip_grad_value_(parts, bound)
        y = np.concatenate([part.grad.numpy() for part in parts])
        tensors |= {f"{case}.x": x, f"{case}.y": y.astype(np.float32)}
        metadata[case] = {"op": f"clip_{kind}", "bound": bound}


def average(tensors, metadata):
    decay, path = 0.5, normal("ema.path", STEPS + 1, 19)
    now, averages = path[0].astype(np.float64), []
    for t in range(1, STEPS + 1):
        d = min(decay, (1 + t) / (10 + t))
        now = d * now + (1 - d) * path[t]
        averages.append(now)
    tensors |= {"ema.x": path, "ema.y": np.stack(averages).astype(np.float32)}
    metadata["ema"] = {"op": "ema", "decay": decay}


def main():
    torch.set_num_threads(1)
    tensors, metadata = {}, {"made_with": VERSIONS}
    optimizers(tensors, metadata)
    clipping(tensors, metadata)
    average(tensors, metadata)
    content, path = safetensors(tensors, metadata), Path(__file__).with_name("optim.safetensors")
    if "--check" in sys.argv[1:]:
        return 0 if path.read_bytes() == content else 1
    path.write_bytes(content)
    print(f"{path.name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
