#!/usr/bin/env python3
"""Writes schedules.safetensors: learning rates of PyTorch's schedulers, step by step, for tests/golden/schedules.rs.

Each case is trained for `epochs` epochs of `steps` steps at rate `lr`. Schedulers that torch steps once an epoch are
stepped once an epoch, the others at every step. Warm-up is `LinearLR`: in front of the others as `SequentialLR` does
for what stretches over a run, times the others for what counts epochs.
"""
import json
from pathlib import Path

import numpy as np
import torch
from torch.optim import lr_scheduler as S

from make import VERSIONS, safetensors

STEPS, EPOCHS, LR = 7, 9, 0.3
TOTAL = STEPS * EPOCHS


def optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)


def curve(make, by_epoch=False, total=TOTAL):
    opt = optimizer()
    scheduler, rates = make(opt), []
    for t in range(total):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        if not by_epoch or (t + 1) % STEPS == 0:
            scheduler.step()
    return np.array(rates, dtype=np.float64)


def warm(start, count):
    return curve(lambda opt: S.LinearLR(opt, start_factor=start, end_factor=1.0, total_iters=count)) / LR


def plateau(losses, factor, patience):
    opt = optimizer()
    scheduler, rates = S.ReduceLROnPlateau(opt, factor=factor, patience=patience), []
    for loss in losses:
        rates += [opt.param_groups[0]["lr"]] * STEPS
        scheduler.step(loss)
    return np.array(rates, dtype=np.float64)


LOSSES = [1.0, 0.9, 0.95, 0.9, 0.89999, 0.91, 0.5, 0.6, 0.55]
one_cycle = dict(max_lr=LR, cycle_momentum=False)
CASES = {
    "constant": curve(lambda o: S.ConstantLR(o, factor=1.0)),
    "step:every=2,gamma=0.3": curve(lambda o: S.StepLR(o, 2, gamma=0.3), by_epoch=True),
    "multistep:at=3+4+7,gamma=0.5": curve(lambda o: S.MultiStepLR(o, [3, 4, 7], gamma=0.5), by_epoch=True),
    "exponential:gamma=0.8": curve(lambda o: S.ExponentialLR(o, 0.8), by_epoch=True),
    "cosine:last=0": curve(lambda o: S.CosineAnnealingLR(o, TOTAL)),
    "cosine:last=0.1": curve(lambda o: S.CosineAnnealingLR(o, TOTAL, eta_min=0.1 * LR)),
    "one-cycle": curve(lambda o: S.OneCycleLR(o, total_steps=TOTAL, **one_cycle), total=TOTAL),
    "one-cycle:peak=0.2,start=5,end=100,anneal=linear": curve(lambda o: S.OneCycleLR(
        o, total_steps=TOTAL, pct_start=0.2, div_factor=5, final_div_factor=100, anneal_strategy="linear", **one_cycle)),
    "polynomial:power=1": curve(lambda o: S.PolynomialLR(o, TOTAL, power=1.0)),
    "polynomial:power=2": curve(lambda o: S.PolynomialLR(o, TOTAL, power=2.0)),
    "plateau:factor=0.5,patience=1": plateau(LOSSES, 0.5, 1),
    "plateau:factor=0.1,patience=0": plateau(LOSSES, 0.1, 0),
}
WARM_EPOCHS, WARM_START = 1.4, 0.2
WARM = round(WARM_EPOCHS * STEPS)


def warmed(make, by_epoch):
    if by_epoch:
        return warm(WARM_START, WARM) * curve(make, by_epoch=True)
    def both(opt):
        first = S.LinearLR(opt, start_factor=WARM_START, total_iters=WARM)
        return S.SequentialLR(opt, [first, make(opt)], milestones=[WARM])
    return curve(both)


CASES |= {
    "warm constant": warm(WARM_START, WARM) * LR,
    "warm step:every=2,gamma=0.3": warmed(lambda o: S.StepLR(o, 2, gamma=0.3), True),
    "warm exponential:gamma=0.8": warmed(lambda o: S.ExponentialLR(o, 0.8), True),
    "warm cosine:last=0": warmed(lambda o: S.CosineAnnealingLR(o, TOTAL - WARM), False),
    "warm polynomial:power=2": warmed(lambda o: S.PolynomialLR(o, TOTAL - WARM, power=2.0), False),
}

if __name__ == "__main__":
    meta = {"versions": VERSIONS, "lr": LR, "steps": STEPS, "epochs": EPOCHS, "losses": json.dumps(LOSSES),
            "warm_epochs": WARM_EPOCHS, "warm_start": WARM_START}
    path = Path(__file__).with_name("schedules.safetensors")
    path.write_bytes(safetensors(dict(CASES), meta))
    print(path, path.stat().st_size, "bytes")
