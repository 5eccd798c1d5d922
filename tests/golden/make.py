#!/usr/bin/env python3
"""Writes the golden files of this folder: PyTorch's numbers in lepton-gpu's layout.

    python tests/golden/make.py            rewrite the four files
    python tests/golden/make.py --check    remake them in memory, compare with the files byte for byte

The committed files were made with Python 3.11.7, PyTorch 2.15.0+cu132 (on the CPU, one thread, oneDNN off)
and numpy 2.4.6. Nothing else is needed. The same versions on the same machine give the same bytes. On another
CPU the last bits of the `losses_f32` runs may differ, because f32 sums depend on the width of its vectors.

Layout: activations [n][h][w][c], convolution weights [kh][kw][ci/groups][co], linear weights [in][out],
biases [co]. Every leaf tensor here is in that layout and is permuted inside the graph, so the gradients that
autograd returns are in that layout too. `check_*` compares them with plain numpy loops that never permute.

Random numbers come from a counter, so that Rust can compute the same ones:

    bits(p, i) = z ^ (z >> 31)                 u64, wrapping; i counts the elements in our layout's order
        z = p * 2^32 + i + 0x9E3779B97F4A7C15
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    unit(p, i) = (bits(p, i) >> 40) / 2^24     in [0, 1), exact

Networks (`seed_mnist`, `residual`): p is the parameter's number, weight before bias in layer order:
0 = first layer's weight, 1 = its bias, 2 = second layer's weight ... In f64, rounded once to f32 at the end:

    weight: (2 * unit - 1) * sqrt(6 / (fan_in + fan_out))
            convolution: fan_in = kh*kw*ci, fan_out = kh*kw*co;  dense: fan_in = in, fan_out = out
    bias:   (2 * unit - 1) * 0.05

Step s (0..20) trains on batch b, which is s for `seed_mnist` (20 batches) and s % 4 for `residual` (4 batches, five
times over: without batch norm it learns slowly). A batch is n images with
    label[j] = bits(2000 + b, j) % 10
    pixel[j][row][col][ch] = (bits(1000 + b, i) >> 57) + (128 if bright else 0)         at most 255
        i = ((j*h + row)*w + col)*c + ch
        bright in seed_mnist: row / 3 == label[j]                                       (integer division)
        bright in residual:   ((label[j] + 1) >> ch) & 1 == 1 and (label[j] < 7 or row % 2 == 0)
and the network's input is f32(pixel) / f32(255). A loss is the mean cross entropy of the batch *before* that
step's update. Gradients are of the loss alone: weight decay is not in them.

`step0` holds the gradients of batch 0. A maximum or a ReLU there may sit so close to another choice that rounding
decides, and one such jump moves a few elements by a hundredth of the tensor's largest. `safe` holds the gradients of
the four images (step, j) that are furthest from a jump: compare those tightly, and `step0` only if the kernel's
activations are within `distance_to_a_jump`. Metadata say how far f32, and noise on every activation, moved each.
Losses part for the same reason. `spread` [20] is the largest relative difference seen up to each step in 8 runs in
f64 with 1e-7 * normal added to what every ReLU reads; torch's own f32 errors there are 1e-8 to 7e-8 (rms).

Layers and optimisers: their inputs are stored. A normal number is the sum of 12 units minus 6 (exact on every
machine, unlike Box-Muller), rounded to f32: normal(name, i) = sum over k < 12 of unit(crc32(name), 12*i + k) - 6.
"""
import itertools
import json
import math
import os
import platform
import struct
import sys
import zlib
from pathlib import Path

os.environ.setdefault("MKL_CBWR", "COMPATIBLE")  # before torch: one order of summation in every BLAS call

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
STEPS = 20
F64 = torch.float64
VERSIONS = f"python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"


# ---- numbers from a counter -------------------------------------------------------------------------------

def bits(p, count):
    """bits(p, 0..count) as u64."""
    z = np.arange(count, dtype=np.uint64) + np.uint64(((p << 32) + 0x9E3779B97F4A7C15) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def unit(p, count):
    return (bits(p, count) >> np.uint64(40)).astype(np.float64) / 2.0**24


def normal(name, *shape):
    u = unit(zlib.crc32(name.encode()), 12 * math.prod(shape)).reshape(-1, 12)
    return (u.sum(axis=1) - 6.0).astype(np.float32).reshape(shape)


# ---- safetensors ------------------------------------------------------------------------------------------

DTYPES = {"float32": "F32", "float64": "F64", "int32": "I32", "uint8": "U8"}


def safetensors(tensors, metadata):
    """The file's bytes. Written here because the package keeps metadata in a hash map, in any order."""
    header = {"__metadata__": {k: v if isinstance(v, str) else json.dumps(v) for k, v in sorted(metadata.items())}}
    body = b""
    for name, t in sorted(tensors.items(), key=lambda kv: (-kv[1].itemsize, kv[0])):  # widest first: aligned
        assert t.dtype.kind != "f" or np.isfinite(t).all(), name
        raw = np.ascontiguousarray(t).tobytes()
        offsets = [len(body), len(body) + len(raw)]
        header[name] = {"dtype": DTYPES[t.dtype.name], "shape": list(t.shape), "data_offsets": offsets}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


# ---- ops on our layout ------------------------------------------------------------------------------------

def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def conv2d(x, weight, bias=None, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    top, bottom, left, right = padding
    x = F.pad(nchw(x), (left, right, top, bottom))
    return nhwc(F.conv2d(x, weight.permute(3, 2, 0, 1), bias, stride, 0, dilation, groups))


def max_pool2d(x, kernel, stride, padding=(0, 0, 0, 0)):
    return nhwc(F.max_pool2d(nchw(x), kernel, stride, padding[::2]))


def avg_pool2d(x, kernel, stride, padding, count_include_pad):
    return nhwc(F.avg_pool2d(nchw(x), kernel, stride, padding[::2], count_include_pad=count_include_pad))


def same(size, kernel, stride=(1, 1), dilation=(1, 1)):
    """TensorFlow's SAME as [top, bottom, left, right]: out = ceil(in / stride), an odd pixel goes last."""
    out = []
    for n, k, s, d in zip(size, kernel, stride, dilation):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        out += [total // 2, total - total // 2]
    return out


# ---- plain loops, to check the above ----------------------------------------------------------------------

def taps(x_shape, kernel, stride, padding, dilation=(1, 1)):
    """Padded height and width, output size, and for each tap the slices of the padded input it reads."""
    (top, bottom, left, right), (kh, kw) = padding, kernel
    ph, pw = x_shape[1] + top + bottom, x_shape[2] + left + right
    oh = (ph - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (pw - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    reads = {(i, j): (slice(None), slice(i * dilation[0], i * dilation[0] + (oh - 1) * stride[0] + 1, stride[0]),
                      slice(j * dilation[1], j * dilation[1] + (ow - 1) * stride[1] + 1, stride[1]))
             for i, j in itertools.product(range(kh), range(kw))}
    return (ph, pw), (oh, ow), reads


def pad(x, padding, value=0.0):
    return np.pad(x, ((0, 0), tuple(padding[:2]), tuple(padding[2:]), (0, 0)), constant_values=value)


def unpad(x, padding):
    return x[:, padding[0]:x.shape[1] - padding[1], padding[2]:x.shape[2] - padding[3]]


def loop_conv2d(x, weight, bias=None, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, dy=None):
    """y, or with dy: (dx, dweight, dbias)."""
    kh, kw, cig, co = weight.shape
    (_, (oh, ow), reads), xp, cog = taps(x.shape, (kh, kw), stride, padding, dilation), pad(x, padding), co // groups
    y, dxp, dweight = np.zeros((x.shape[0], oh, ow, co)), np.zeros_like(xp), np.zeros_like(weight)
    for ((i, j), at), g in itertools.product(reads.items(), range(groups)):
        ins, outs = slice(g * cig, (g + 1) * cig), slice(g * cog, (g + 1) * cog)
        y[..., outs] += xp[at][..., ins] @ weight[i, j][:, outs]
        if dy is not None:
            dxp[at][..., ins] += dy[..., outs] @ weight[i, j][:, outs].T
            dweight[i, j][:, outs] += np.einsum("nhwi,nhwo->io", xp[at][..., ins], dy[..., outs])
    if dy is not None:
        return unpad(dxp, padding), dweight, dy.sum(axis=(0, 1, 2))
    return y if bias is None else y + bias


def loop_pool(x, dy, op, kernel, stride, padding, count_include_pad=True, **_):
    """(y, dx); in a tie the first element of the window, row by row, takes the gradient."""
    _, _, reads = taps(x.shape, kernel, stride, padding)
    xp, inside = pad(x, padding, -np.inf if op == "max_pool2d" else 0.0), pad(np.ones_like(x), padding)
    windows, dxp = np.stack([xp[at] for at in reads.values()]), np.zeros_like(xp)
    if op == "max_pool2d":
        share = (np.arange(len(windows))[:, None, None, None, None] == windows.argmax(axis=0)).astype(float)
        y = windows.max(axis=0)
    else:
        count = np.stack([inside[at] for at in reads.values()]).sum(axis=0)
        share = np.broadcast_to(1 / (len(windows) if count_include_pad else count), windows.shape)
        y = (windows * share).sum(axis=0)
    for at, s in zip(reads.values(), share):
        dxp[at] += s * dy
    return y, unpad(dxp, padding)


def agree(what, got, want):
    want = np.asarray(want)
    assert got.shape == want.shape and np.abs(got - want).max() <= 1e-11 * max(1.0, np.abs(want).max()), what


# ---- layers.safetensors -----------------------------------------------------------------------------------

def layer_cases():
    """(case, shape of x, channels out or None, attributes)."""
    def conv(kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, bias=True):
        return dict(op="conv2d", kernel=kernel, stride=stride, padding=padding, dilation=dilation, groups=groups,
                    bias=bias)

    def pool(op, kernel, stride, padding=(0, 0, 0, 0), **more):
        return dict(op=op, kernel=kernel, stride=stride, padding=padding, **more)

    yield "conv_stride", (2, 9, 7, 3), 5, conv((3, 2), stride=(2, 1), padding=(1, 1, 0, 0))
    yield "conv_dilation", (2, 11, 8, 3), 4, conv((3, 2), padding=(2, 2, 1, 1), dilation=(2, 1))
    yield "conv_groups", (2, 7, 6, 4), 6, conv((3, 3), padding=(1, 1, 1, 1), groups=2)
    yield "conv_same_even", (2, 6, 7, 3), 5, conv((4, 2), padding=same((6, 7), (4, 2)))
    yield "conv_same_stride", (2, 8, 9, 3), 4, conv((3, 4), stride=(2, 3), padding=same((8, 9), (3, 4), (2, 3)))
    yield "conv_1x1", (3, 5, 4, 6), 7, conv((1, 1), bias=False)
    yield "conv_1x1_stride", (2, 7, 6, 5), 3, conv((1, 1), stride=(2, 3))
    yield "conv_depthwise", (2, 8, 5, 6), 6, conv((3, 2), stride=(1, 2), padding=(1, 1, 1, 1), groups=6)
    yield "conv_depthwise_x2", (2, 5, 6, 3), 6, conv((2, 3), padding=(0, 0, 1, 1), groups=3, bias=False)
    yield "max_pool_overlap", (2, 9, 6, 3), None, pool("max_pool2d", (3, 3), (2, 2), (1, 1, 1, 1))
    yield "max_pool_uneven", (2, 7, 10, 4), None, pool("max_pool2d", (2, 3), (1, 2))
    yield "max_pool_ties", (2, 7, 6, 3), None, pool("max_pool2d", (3, 2), (2, 1), tie="first of the window, row by row")
    for case, counted in (("avg_pool_pad_counted", True), ("avg_pool_pad_not_counted", False)):
        yield case, (2, 8, 7, 3), None, pool("avg_pool2d", (3, 2), (2, 1), (1, 1, 1, 1), count_include_pad=counted)
    yield "global_avg_pool", (3, 5, 7, 6), None, dict(op="global_avg_pool")
    yield "linear", (5, 11), 7, dict(op="linear", bias=True)
    yield "relu", (2, 5, 3, 4), None, dict(op="relu", derivative_at_zero=0)
    yield "add", (2, 5, 3, 4), None, dict(op="add")


def run_layer(t, a):
    conv_keys = ("stride", "padding", "dilation", "groups")
    pool_keys = ("kernel", "stride", "padding", "count_include_pad")
    match a["op"]:
        case "conv2d": return conv2d(t["x"], t["weight"], t.get("bias"), **{k: a[k] for k in conv_keys})
        case "max_pool2d": return max_pool2d(t["x"], *(a[k] for k in pool_keys[:3]))
        case "avg_pool2d": return avg_pool2d(t["x"], *(a[k] for k in pool_keys))
        case "global_avg_pool": return t["x"].mean(dim=(1, 2))
        case "linear": return t["x"] @ t["weight"] + t["bias"]
        case "relu": return F.relu(t["x"])
        case "add": return t["x"] + t["x2"]


def check_layer(case, a, t):
    if a["op"] == "conv2d":
        attributes = {k: a[k] for k in ("stride", "padding", "dilation", "groups")}
        agree(case, t["y"], loop_conv2d(t["x"], t["weight"], t.get("bias"), **attributes))
        for name, want in zip(("dx", "dweight", "dbias"), loop_conv2d(t["x"], t["weight"], dy=t["dy"], **attributes)):
            if name in t:
                agree(case, t[name], want)
    elif a["op"] in ("max_pool2d", "avg_pool2d"):
        for name, want in zip(("y", "dx"), loop_pool(t["x"], t["dy"], **a)):
            agree(case, t[name], want)


def cross_entropy(case, logits, labels):
    x = torch.tensor(logits, dtype=F64, requires_grad=True)
    loss = F.cross_entropy(x, torch.tensor(labels, dtype=torch.int64))
    loss.backward()
    e = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    agree(case, x.grad.numpy(), (e / e.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[labels]) / len(labels))
    return {f"{case}.x": logits, f"{case}.labels": labels, f"{case}.dx": x.grad.numpy().astype(np.float32),
            f"{case}.loss": np.array([loss.item()], np.float32)}


def layers():
    tensors = {}
    metadata = {"made_with": VERSIONS, "computed_in": "float64 from the stored f32 inputs, then rounded to f32"}
    for case, shape, co, a in layer_cases():
        given = {"x": normal(f"{case}.x", *shape)}
        if co:
            given["weight"] = normal(f"{case}.weight", *a.get("kernel", ()), shape[-1] // a.get("groups", 1), co)
            if a["bias"]:
                given["bias"] = normal(f"{case}.bias", co)
        if case == "max_pool_ties":
            given["x"] = np.floor(given["x"])  # a few integers: most windows hold their maximum more than once
        if a["op"] == "relu":
            given["x"].flat[[3, 17]] = [0.0, -0.0]
        if a["op"] == "add":
            given["x2"] = normal(f"{case}.x2", *shape)
        t = {k: torch.tensor(v, dtype=F64, requires_grad=True) for k, v in given.items()}
        y = run_layer(t, a)
        given["dy"] = normal(f"{case}.dy", *y.shape)
        y.backward(torch.tensor(given["dy"], dtype=F64))
        got = {"y": y.detach().numpy()} | {f"d{k}": v.grad.numpy() for k, v in t.items()}
        check_layer(case, a, {k: v.astype(np.float64) for k, v in given.items()} | got)
        tensors |= {f"{case}.{k}": v.astype(np.float32) for k, v in (given | got).items()}
        metadata[case] = a
    big = np.float32(1e4)
    extreme = np.full((6, 5), -big)
    extreme[0, 2] = extreme[1, 1] = extreme[3, :] = extreme[4, 0] = extreme[4, 3] = big
    extreme[5] = normal("cross_entropy_extreme.x", 5)
    extreme[5, 4] = -big
    labels = (bits(4000, 7) % np.uint64(10)).astype(np.int32)
    tensors |= cross_entropy("cross_entropy", 3 * normal("cross_entropy.x", 7, 10), labels)
    # rows: sure and right; sure and wrong; all -1e4; all 1e4; two tied at 1e4; ordinary with one at -1e4
    tensors |= cross_entropy("cross_entropy_extreme", extreme, np.array([2, 4, 0, 3, 3, 1], np.int32))
    for case in ("cross_entropy", "cross_entropy_extreme"):
        metadata[case] = dict(op="softmax_cross_entropy", reduction="mean", dloss=1.0)
    return safetensors(tensors, metadata)


# ---- optimizers.safetensors -------------------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": dict(op="sgd", lr=0.05, momentum=0.0, nesterov=False, weight_decay=0.0),
    "sgd_momentum": dict(op="sgd", lr=0.05, momentum=0.9, nesterov=False, weight_decay=0.0),
    "sgd_nesterov": dict(op="sgd", lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.0),
    "sgd_momentum_weight_decay": dict(op="sgd", lr=0.05, momentum=0.9, nesterov=False, weight_decay=0.01),
    "adam": dict(op="adam", lr=1e-3, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.0),
    "adam_weight_decay": dict(op="adam", lr=1e-3, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.01),
}


def optimizer(parameters, op, **attributes):
    return {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[op](parameters, foreach=False, **attributes)


def optimizers():
    count, steps = 37, 10
    p0, grads = normal("optimizers.p0", count), normal("optimizers.grads", steps, count)
    grads[:, 5::8] *= np.float32(1e-8)  # Adam's eps matters here
    grads[:, 6::8] *= np.float32(100)
    grads[1::2, 7::8] = 0               # every second gradient is missing
    grads[:, 36] = 0                    # no gradient ever: 0 / (0 + eps)
    tensors = {}
    metadata = {
        "made_with": VERSIONS, "computed_in": "float64 from the stored f32 p0 and grads, each row of p rounded "
        "to f32 for storage only; max_abs_diff_f32: how far torch's own f32 run is from it"}
    for case, a in OPTIMIZERS.items():
        paths = {}
        for dtype in (F64, torch.float32):
            p = torch.tensor(p0, dtype=dtype, requires_grad=True)
            opt, path = optimizer([p], **a), []
            for g in grads:
                p.grad = torch.tensor(g, dtype=dtype)
                opt.step()
                path.append(p.detach().numpy().copy())
            paths[dtype] = np.stack(path)
        diff = np.abs(paths[F64] - paths[torch.float32]).max()
        print(f"optimizers  {case:26} largest |f32 - f64| after {steps} steps {diff:.1e}")
        tensors |= {f"{case}.p0": p0, f"{case}.grads": grads, f"{case}.p": paths[F64].astype(np.float32)}
        metadata[case] = a | {"max_abs_diff_f32": float(diff)}
    return safetensors(tensors, metadata)


# ---- networks ---------------------------------------------------------------------------------------------

def seed_mnist(t, x, conv, pool, relu):
    """28x28x1 -> 26 -> 13 -> 11 -> 5 -> 3x3x64 = 576 -> 64 -> 10; no padding; 93,322 parameters."""
    x = pool(relu(conv(x, t["conv1.weight"], t["conv1.bias"])))
    x = pool(relu(conv(x, t["conv2.weight"], t["conv2.bias"])))
    x = relu(conv(x, t["conv3.weight"], t["conv3.bias"]))
    x = relu(x.reshape(x.shape[0], -1) @ t["dense1.weight"] + t["dense1.bias"])
    return x @ t["dense2.weight"] + t["dense2.bias"]


def residual(t, x, conv, pool, relu):
    """12x10x3 -> 12x10x8 -> block a -> block b, stride 2, 6x5x16 -> mean over h and w -> 10; no batch norm."""
    def layer(name, x, stride=1, pad=1):
        return conv(x, t[f"{name}.weight"], t[f"{name}.bias"], stride=(stride, stride), padding=(pad,) * 4)

    x = relu(layer("conv1", x))
    x = relu(layer("a2", relu(layer("a1", x))) + x)
    x = relu(layer("b2", relu(layer("b1", x, stride=2))) + layer("b_short", x, stride=2, pad=0))
    return x.mean(axis=(1, 2)) @ t["dense.weight"] + t["dense.bias"]


NETWORKS = {
    "seed_mnist": dict(
        forward=seed_mnist, image=(28, 28, 1), batch=16, batches=20, bright="row / 3 == label",
        shapes=dict(conv1=(3, 3, 1, 32), conv2=(3, 3, 32, 64), conv3=(3, 3, 64, 64), dense1=(576, 64),
                    dense2=(64, 10)),
        optimizers=dict(sgd=OPTIMIZERS["sgd_momentum"], adam=OPTIMIZERS["adam"])),
    "residual": dict(
        forward=residual, image=(12, 10, 3), batch=8, batches=4,
        bright="((label + 1) >> ch) & 1 == 1 and (label < 7 or row % 2 == 0)",
        shapes=dict(conv1=(3, 3, 3, 8), a1=(3, 3, 8, 8), a2=(3, 3, 8, 8), b1=(3, 3, 8, 16), b2=(3, 3, 16, 16),
                    b_short=(1, 1, 8, 16), dense=(16, 10)),
        optimizers=dict(sgd=OPTIMIZERS["sgd_momentum"] | {"weight_decay": 1e-4})),
}


def initial(shapes):
    """Every parameter by name, in order of its number."""
    out = {}
    for layer, shape in shapes.items():
        taps_ = math.prod(shape[:-2])
        limit = math.sqrt(6 / (taps_ * shape[-2] + taps_ * shape[-1]))
        for name, s, scale in ((f"{layer}.weight", shape, limit), (f"{layer}.bias", shape[-1:], 0.05)):
            out[name] = ((2 * unit(len(out), math.prod(s)) - 1) * scale).astype(np.float32).reshape(s)
    return out


def batch(name, step):
    """(pixels u8 [n, h, w, c], labels i32 [n])."""
    (h, w, c), n, b = NETWORKS[name]["image"], NETWORKS[name]["batch"], step % NETWORKS[name]["batches"]
    labels = (bits(2000 + b, n) % np.uint64(10)).astype(np.int32)
    label, row, _, ch = np.ogrid[:n, :h, :w, :c]
    label = labels.reshape(n, 1, 1, 1)
    if name == "seed_mnist":
        bright = row // 3 == label
    else:
        bright = ((label + 1) >> ch & 1 == 1) & ((label < 7) | (row % 2 == 0))
    pixels = (bits(1000 + b, n * h * w * c) >> np.uint64(57)).astype(np.uint8).reshape(n, h, w, c)
    return pixels + (np.uint8(128) * bright).astype(np.uint8), labels


def as_input(pixels):
    return pixels.astype(np.float32) / np.float32(255)


def gradients(name, t, pixels, labels, noise=0.0, seen=None):
    """Loss and logits; the gradients are left in `t`.

    `noise` is added to what every ReLU reads, as rounding would. `seen` collects, for every ReLU and pool, its output
    and how far its input is from where the gradient jumps: |x|, or the lead of the largest of the window.
    """
    def watch(distance, y):
        if seen is not None:
            y.retain_grad()
            seen.append((distance.detach(), y))
        return y

    def relu(x):
        return watch(x.abs(), F.relu(x + noise * torch.randn_like(x) if noise else x))

    def pool(x):
        y = max_pool2d(x, (2, 2), (2, 2))
        n, oh, ow, c = y.shape
        window = x[:, :2 * oh, :2 * ow].reshape(n, oh, 2, ow, 2, c).permute(0, 1, 3, 5, 2, 4).flatten(-2)
        first, second = window.topk(2).values.unbind(-1)
        return watch(torch.where(first > 0, first - second, torch.inf), y)  # zeros: the ReLU stopped the gradient

    x = torch.tensor(as_input(pixels), dtype=t["conv1.weight"].dtype)
    logits = NETWORKS[name]["forward"](t, x, conv2d, pool, relu)
    loss = F.cross_entropy(logits, torch.tensor(labels, dtype=torch.int64))
    loss.backward()
    return loss.item(), logits.detach().numpy().copy()


def leaves(name, dtype):
    weights = initial(NETWORKS[name]["shapes"])
    return {k: torch.tensor(v, dtype=dtype, requires_grad=True) for k, v in weights.items()}


def at_start(name, pixels, labels, dtype=F64, noise=0.0):
    """Loss, logits and gradients of the untrained network."""
    t = leaves(name, dtype)
    return *gradients(name, t, pixels, labels, noise), {k: v.grad.numpy() for k, v in t.items()}


def train(name, how, dtype, noise=0.0):
    """The losses [20]."""
    t, losses = leaves(name, dtype), []
    opt = optimizer(list(t.values()), **how)
    for step in range(STEPS):
        opt.zero_grad()
        losses.append(gradients(name, t, *batch(name, step), noise)[0])
        opt.step()
    return np.array(losses)


def safe_images(name):
    """The four images, of all batches, that are furthest from a jump: [(step, j)] and the least distance."""
    found = []
    for step in range(NETWORKS[name]["batches"]):
        seen = []
        gradients(name, leaves(name, F64), *batch(name, step), seen=seen)
        distance = torch.stack([torch.where(y.grad != 0, d, torch.inf).flatten(1).amin(1) for d, y in seen]).amin(0)
        found += [(-d, step, j) for j, d in enumerate(distance.tolist())]
    best = sorted(found)[:4]
    return [(step, j) for _, step, j in best], -best[-1][0]


def loop_loss(name, t, pixels, labels):
    """A batch's loss and logits, without torch and without a permutation."""
    def pool(x):
        return np.max([x[at] for at in taps(x.shape, (2, 2), (2, 2), (0, 0, 0, 0))[2].values()], axis=0)

    x = as_input(pixels).astype(np.float64)
    z = NETWORKS[name]["forward"](t, x, loop_conv2d, pool, lambda x: np.maximum(x, 0))
    top = z.max(axis=1)
    loss = (np.log(np.exp(z - top[:, None]).sum(axis=1)) + top - z[np.arange(len(z)), labels]).mean()
    return loss, z


def check_network(name, pixels, labels, loss, logits, grads):
    """The loss against plain loops, each gradient against a central difference in a random direction."""
    t = {k: v.astype(np.float64) for k, v in initial(NETWORKS[name]["shapes"]).items()}
    want, z = loop_loss(name, t, pixels, labels)
    agree(name, logits, z)
    assert abs(loss - want) < 1e-12, name
    worst = 0.0
    for key, g in grads.items():
        direction, h = normal(f"{name}.{key}", *g.shape).astype(np.float64), 1e-7  # 1e-6 already moves a maximum
        plus, minus = (loop_loss(name, t | {key: t[key] + s * direction}, pixels, labels)[0] for s in (h, -h))
        slope = (g * direction).sum()
        worst = max(worst, abs((plus - minus) / (2 * h) - slope) / abs(slope))
    assert worst < 1e-5, (name, worst)
    return worst


def first_gradients(name, what, pixels, labels):
    """Tensors and metadata of the gradients for one batch at the initial weights."""
    loss, logits, grads = at_start(name, pixels, labels)
    agreement = check_network(name, pixels, labels, loss, logits, grads)

    def difference(**how):
        other = at_start(name, pixels, labels, **how)[2]
        return max(float(np.abs(other[k] - g).max() / np.abs(g).max()) for k, g in grads.items())

    torch.manual_seed(0)
    f32, noisy = difference(dtype=torch.float32), [max(difference(noise=n) for _ in range(8)) for n in (1e-7, 1e-6)]
    print(f"{name} {what}: gradients agree with central differences to {agreement:.0e};"
          f" difference / largest of the tensor: f32 {f32:.1e}, noise 1e-7 {noisy[0]:.1e}, noise 1e-6 {noisy[1]:.1e}")
    tensors = {"pixels": pixels, "labels": labels, "logits": logits.astype(np.float32), "loss": np.array([loss])}
    tensors |= {f"{k}.grad": g.astype(np.float32) for k, g in grads.items()}
    return ({f"{what}.{k}": v for k, v in tensors.items()},
            {"grad_max_diff_over_max": {"f32": f32, "noise_1e-7": noisy[0], "noise_1e-6": noisy[1]}})


def network(name):
    n = NETWORKS[name]
    weights = initial(n["shapes"])
    metadata = {
        "made_with": VERSIONS, "network": n["forward"].__doc__, "parameters": list(weights), "batch": n["batch"],
        "bits": "splitmix64 finaliser of p * 2^32 + i, see make.py; u = (bits(p, i) >> 40) / 2^24",
        "init": "p = parameter number; weight (2u-1)*sqrt(6/(fan_in+fan_out)), bias (2u-1)*0.05; f64 rounded to f32",
        "label": f"bits(2000 + step % {n['batches']}, j) % 10",
        "pixel": f"(bits(1000 + step % {n['batches']}, i) >> 57) + (128 if {n['bright']} else 0), "
                 "i = ((j*h + row)*w + col)*c + ch"}
    tensors = {f"{k}.init_head": w.reshape(-1)[:8].copy() for k, w in weights.items()}

    images, distance = safe_images(name)
    safe = [np.stack(part) for part in zip(*((a[j], b[j]) for step, j in images for a, b in [batch(name, step)]))]
    print()
    for what, (pixels, labels) in (("step0", batch(name, 0)), ("safe", safe)):
        more, metadata[what] = first_gradients(name, what, pixels, labels)
        tensors |= more
    tensors["safe.images"] = np.array(images, np.int32)
    metadata["safe"]["distance_to_a_jump"] = distance
    print(f"{name} safe: images {images}, {distance:.1e} from a jump")

    for o, how in n["optimizers"].items():
        torch.manual_seed(0)
        exact, single = train(name, how, F64), train(name, how, torch.float32)
        draws = np.abs(np.stack([train(name, how, F64, noise=1e-7) for _ in range(8)]) / exact - 1)
        spread = np.maximum.accumulate(draws.max(axis=0))
        print(f"{name} {o}:\n  step  loss f64              f32 / f64 - 1   spread")
        for step, (e, s, d) in enumerate(zip(exact, single, spread)):
            print(f"  {step:4}  {e:.16f}    {s / e - 1:+.1e}        {d:.1e}")
        assert np.isfinite(exact).all() and exact[-5:].mean() < 0.9 * exact[:5].mean(), "the losses do not fall"
        tensors |= {f"{o}.losses_f64": exact, f"{o}.losses_f32": single, f"{o}.spread": spread}
        metadata[o] = how | {"loss_max_rel_diff_f32": float(np.abs(single / exact - 1).max())}
    return safetensors(tensors, metadata)


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    print(VERSIONS)
    made = {"layers": layers(), "optimizers": optimizers()} | {name: network(name) for name in NETWORKS}
    files = {HERE / f"{name}.safetensors": content for name, content in made.items()}
    print()
    different = 0
    for path, content in files.items():
        if "--check" in sys.argv[1:]:
            equal = path.exists() and path.read_bytes() == content
            different += not equal
            print(f"{path.name}: {'same bytes' if equal else 'DIFFERENT'}")
        else:
            path.write_bytes(content)
            print(f"{path.name}: {len(content):,} bytes")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
