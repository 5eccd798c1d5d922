#!/usr/bin/env python3
"""Writes `norms.safetensors`: PyTorch's normalisation layers, and a small network with batch norm over ten steps.

    python tests/golden/norms.py           rewrite the file
    python tests/golden/norms.py --check   remake it in memory, compare byte for byte

Layout, counters and versions as in `make.py`. A case holds `x`, `weight` and `bias` if it has them, `dy`, `y`, `dx`, `dweight`,
`dbias`; batch norm also `running_mean` and `running_var`, both again with `_after`, and `y_eval`, computed from those after.
`frozen`: the layer is in `eval()` while it is trained through.
`live` in its attributes is how many images the batch holds: PyTorch saw only those, and what lies behind is 0.

The network is `norms.toml`: parameter number p counts every parameter in layer order, running averages among them. Weights of
convolutions and of the dense layer are `make.py`'s; of a norm 1 + (2 unit - 1) / 4; biases (2 unit - 1) / 20. Step t trains
on the first 8, or in steps 3 and 7 the first 5, images of batch t % 4 of `residual`. Then `eval.loss` is that of batch 0 in
evaluation.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

from make import F64, HERE, VERSIONS, as_input, batch, conv2d, max_pool2d, nchw, nhwc, normal, safetensors, unit

STEPS = 10


def cases():
    """(case, shape of x, attributes)."""
    def batch_norm(live, **more):
        return dict(op="batch_norm", live=live, epsilon=1e-5, momentum=0.1, affine=True, pool=None) | more

    def others(op, **more):
        return dict(op=op, epsilon=1e-5, affine=True) | more

    yield "batch_norm", (3, 5, 7, 6), batch_norm(3)
    yield "batch_norm_features", (9, 10), batch_norm(9)
    yield "batch_norm_options", (2, 6, 5, 8), batch_norm(2, epsilon=1e-2, momentum=0.3, affine=False)
    yield "batch_norm_last_batch", (4, 4, 3, 5), batch_norm(3)
    yield "batch_norm_far", (3, 6, 5, 4), batch_norm(3, mean=1000.0)
    yield "batch_norm_frozen", (4, 5, 3, 6), batch_norm(3, frozen=True)
    yield "batch_norm_frozen_pool", (3, 6, 5, 4), batch_norm(2, frozen=True, pool=[2, 2])
    yield "batch_norm_pool", (3, 7, 6, 8), batch_norm(2, pool=[2, 2])
    yield "group_norm", (2, 5, 7, 6), others("group_norm", groups=3)
    yield "group_norm_one", (3, 4, 5, 8), others("group_norm", groups=1, epsilon=1e-3)
    yield "group_norm_features", (5, 12), others("group_norm", groups=4, affine=False)
    yield "instance_norm", (2, 6, 5, 7), others("instance_norm", affine=False)
    yield "instance_norm_affine", (3, 4, 7, 4), others("instance_norm")
    yield "layer_norm", (5, 12), others("layer_norm", whole_image=False)
    yield "layer_norm_pixels", (2, 5, 3, 7), others("layer_norm", whole_image=False, epsilon=1e-3)
    yield "layer_norm_image", (3, 5, 4, 6), others("layer_norm", whole_image=True)
    yield "layer_norm_plain", (3, 4, 4, 5), others("layer_norm", whole_image=True, affine=False)


def channels_first(x, layer):
    return nhwc(layer(nchw(x))) if x.ndim == 4 else layer(x)


def module(a, shape):
    """The layer, and whether it takes channels first."""
    c, affine = shape[-1], a["affine"]
    match a["op"]:
        case "batch_norm":
            kind = torch.nn.BatchNorm2d if len(shape) == 4 else torch.nn.BatchNorm1d
            return kind(c, a["epsilon"], a["momentum"], affine, dtype=F64), True
        case "group_norm": return torch.nn.GroupNorm(a["groups"], c, a["epsilon"], affine, dtype=F64), True
        case "instance_norm": return torch.nn.InstanceNorm2d(c, a["epsilon"], affine=affine, dtype=F64), True
        case "layer_norm":
            over = shape[1:] if a["whole_image"] else shape[-1:]
            return torch.nn.LayerNorm(over, a["epsilon"], affine, dtype=F64), False


def run(case, shape, a):
    given = {"x": normal(f"{case}.x", *shape) + np.float32(a.get("mean", 0.0))}
    layer, first = module(a, shape)
    if a["affine"]:
        for name in ("weight", "bias"):
            given[name] = normal(f"{case}.{name}", *getattr(layer, name).shape)
    if a["op"] == "batch_norm":
        given["running_mean"] = normal(f"{case}.running_mean", shape[-1])
        given["running_var"] = np.float32(0.5) + np.abs(normal(f"{case}.running_var", shape[-1]))
    layer.load_state_dict({k: torch.tensor(v, dtype=F64) for k, v in given.items() if k != "x"}, strict=False)
    if a.get("frozen"):
        layer.eval()
    live = a.get("live", shape[0])
    x = torch.tensor(given["x"], dtype=F64, requires_grad=True)

    def apply():
        y = channels_first(x[:live], layer) if first else layer(x[:live])
        return max_pool2d(F.relu(y), a["pool"], a["pool"]) if a.get("pool") else y

    def padded(t):
        t = t.detach().numpy()
        return np.concatenate([t, np.zeros((shape[0] - live, *t.shape[1:]))])

    y = apply()
    given["dy"] = normal(f"{case}.dy", shape[0], *y.shape[1:])
    given["dy"][live:] = 0
    y.backward(torch.tensor(given["dy"][:live], dtype=F64))
    got = {"y": padded(y), "dx": x.grad.numpy()}
    if a["affine"]:
        got |= {f"d{name}": getattr(layer, name).grad.numpy() for name in ("weight", "bias")}
    if a["op"] == "batch_norm":
        got |= {f"{name}_after": getattr(layer, name).numpy().copy() for name in ("running_mean", "running_var")}
        layer.eval()
        if not a["pool"]:
            got["y_eval"] = padded(apply())
    return {f"{case}.{k}": v.astype(np.float32) for k, v in (given | got).items()}


# ---- the network ------------------------------------------------------------------------------------------

CONVS = {"conv1": (3, 3, 3, 8), "a1": (3, 3, 8, 8), "a2": (3, 3, 8, 8), "dense": (8, 10)}
ORDER = ["conv1", "conv1_norm", "a1", "a1_norm", "a2", "a2_norm", "dense"]


def initial():
    """Every parameter and running average by name, in the order of their numbers."""
    out = {}

    def add(name, shape, f):
        out[name] = f(2 * unit(len(out), int(np.prod(shape))) - 1).astype(np.float32).reshape(shape)

    for layer in ORDER:
        if layer in CONVS:
            shape = CONVS[layer]
            taps = int(np.prod(shape[:-2]))
            add(f"{layer}.weight", shape, lambda u: u * np.sqrt(6 / (taps * shape[-2] + taps * shape[-1])))
            if layer in ("conv1", "dense"):
                add(f"{layer}.bias", shape[-1:], lambda u: u * 0.05)
        else:
            add(f"{layer}.weight", (8,), lambda u: 1 + 0.25 * u)
            add(f"{layer}.bias", (8,), lambda u: 0.05 * u)
            add(f"{layer}.running_mean", (8,), lambda u: 0 * u)
            add(f"{layer}.running_var", (8,), lambda u: 0 * u + 1)
    return out


def forward(t, x, training, noise):
    def norm(name, x):
        p = [t[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")]
        return nhwc(F.batch_norm(nchw(x), *p, training, 0.1, 1e-5))

    def relu(x):
        return F.relu(x + noise * torch.randn_like(x) if noise else x)

    pad = dict(padding=(1, 1, 1, 1))
    x = max_pool2d(relu(norm("conv1_norm", conv2d(x, t["conv1.weight"], t["conv1.bias"], **pad))), (2, 2), (2, 2))
    y = relu(norm("a1_norm", conv2d(x, t["a1.weight"], **pad)))
    y = norm("a2_norm", conv2d(y, t["a2.weight"], **pad))
    return relu(x + y).mean(dim=(1, 2)) @ t["dense.weight"] + t["dense.bias"]


def train(dtype, noise=0.0):
    """Losses, the loss of batch 0 in evaluation, and every parameter at the end."""
    t = {k: torch.tensor(v, dtype=dtype, requires_grad="running" not in k) for k, v in initial().items()}
    sgd = torch.optim.SGD([v for v in t.values() if v.requires_grad], lr=0.05, momentum=0.9, weight_decay=1e-4)

    def loss(step, count, training):
        pixels, labels = (part[:count] for part in batch("residual", step))
        logits = forward(t, torch.tensor(as_input(pixels), dtype=dtype), training, noise)
        return F.cross_entropy(logits, torch.tensor(labels, dtype=torch.int64))

    losses = []
    for step in range(STEPS):
        sgd.zero_grad()
        now = loss(step, 5 if step % 4 == 3 else 8, True)
        losses.append(now.item())
        now.backward()
        sgd.step()
    return np.array(losses), np.array([loss(0, 8, False).item()]), {k: v.detach().numpy() for k, v in t.items()}


def network():
    losses, evaluated, after = train(F64)
    torch.manual_seed(0)
    noisy = [train(F64, noise=1e-7) for _ in range(8)]
    spread = np.maximum.accumulate(np.abs(np.stack([n[0] for n in noisy]) / losses - 1).max(axis=0))
    moved = {k: max(np.abs(n[2][k] - v).max() / np.abs(v).max() for n in noisy) for k, v in after.items()}
    single = train(torch.float32)
    print("losses", losses, "spread", spread, "f32", np.abs(single[0] / losses - 1).max())
    print("parameters moved by noise", max(moved.values()), "eval", evaluated, single[1] / evaluated - 1)
    tensors = {"network.losses": losses, "network.spread": spread, "network.eval_loss": evaluated}
    tensors |= {f"network.{k}.after": v.astype(np.float32) for k, v in after.items()}
    tensors |= {f"network.{k}.init_head": v.reshape(-1)[:8].copy() for k, v in initial().items()}
    return tensors, {"parameter_max_diff_over_max_noise_1e-7": max(moved.values())}


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    tensors, metadata = {}, {"made_with": VERSIONS}
    for case, shape, a in cases():
        tensors |= run(case, shape, a)
        metadata[case] = a
    more, metadata["network"] = network()
    content = safetensors(tensors | more, metadata)
    path = HERE / "norms.safetensors"
    if "--check" in sys.argv[1:]:
        equal = path.exists() and path.read_bytes() == content
        print(f"{path.name}: {'same bytes' if equal else 'DIFFERENT'}")
        return 0 if equal else 1
    path.write_bytes(content)
    print(f"{path.name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
