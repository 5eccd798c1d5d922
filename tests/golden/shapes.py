#!/usr/bin/env python3
"""Writes `shapes.safetensors` and `autoencoder.safetensors`: PyTorch's numbers for layers that change an image's size or shape.

    python tests/golden/shapes.py            rewrite the files
    python tests/golden/shapes.py --check    remake them in memory, compare with the files byte for byte

Layout, numbers from a counter and networks are those of `make.py`. Metadata `<case>` is the layer as a model file has it;
tensors are `<case>.x .dy .y .dx` and, for each parameter of the layer, its value and its gradient, `<case>.d<parameter>`.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

import make
from make import F64, HERE, VERSIONS, nchw, nhwc, normal, safetensors, same


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def four(padding):
    if isinstance(padding, int):
        return [padding] * 4
    return list(padding) if len(padding) == 4 else [padding[0]] * 2 + [padding[1]] * 2


def conv_transpose(x, weight, bias=None, stride=(1, 1), padding=0, output_padding=(0, 0), dilation=(1, 1), groups=1):
    """[kh, kw, co / groups, ci]; padding is cut off the whole result, and `same` is what TensorFlow makes of it."""
    kernel, size = weight.shape[:2], x.shape[1:3]
    y = F.conv_transpose2d(nchw(x), weight.permute(3, 2, 0, 1), bias, stride, 0, 0, groups, dilation)
    if padding == "same":
        before = [max(d * (k - 1) + 1 - s, 0) // 2 for k, s, d in zip(kernel, stride, dilation)]
        top, left, want = *before, [n * s for n, s in zip(size, stride)]
    else:
        top, bottom, left, right = four(padding)
        want = [y.shape[2] - top - bottom + output_padding[0], y.shape[3] - left - right + output_padding[1]]
    # rows and columns past the whole result hold the bias alone
    more = [max(o + b - n, 0) for o, b, n in zip(want, (top, left), y.shape[2:])]
    if bias is not None:
        y = F.pad(y - bias[:, None, None], (0, more[1], 0, more[0])) + bias[:, None, None]
    else:
        y = F.pad(y, (0, more[1], 0, more[0]))
    return nhwc(y[:, :, top:top + want[0], left:left + want[1]])


def run_conv_transpose(t, a):
    keys = {k: pair(a[k]) for k in ("stride", "output_padding", "dilation") if k in a}
    y = conv_transpose(t["x"], t["weight"], t.get("bias"), padding=a.get("padding", 0), groups=a.get("groups", 1), **keys)
    if isinstance(a.get("padding", 0), int) or len(a["padding"]) == 2:  # PyTorch's own padding and output padding say the same
        own = F.conv_transpose2d(nchw(t["x"]), t["weight"].permute(3, 2, 0, 1), t.get("bias"), keys.get("stride", 1),
                                 pair(a.get("padding", 0)), keys.get("output_padding", 0), a.get("groups", 1),
                                 keys.get("dilation", 1))
        assert torch.allclose(nhwc(own), y, rtol=0, atol=1e-12)
    return y


def lines(x):
    """[n, 1, l, c] as [n, c, l]."""
    return x[:, 0].permute(0, 2, 1)


def images(x):
    return x.permute(0, 2, 1)[:, None]


def ends(a, length):
    """Zeros on the left and on the right."""
    padding, k, d = a.get("padding", "valid"), a.get("kernel", a.get("pool")), a.get("dilation", 1)
    if padding == "causal":
        return d * (k - 1), 0
    if padding == "same":
        return tuple(same((length,), (k,), (a.get("stride", 1),), (d,)))
    return (0, 0) if padding == "valid" else pair(padding)


def run_conv1d(t, a):
    x = F.pad(lines(t["x"]), ends(a, t["x"].shape[2]))
    weight = t["weight"][0].permute(2, 1, 0)
    return images(F.conv1d(x, weight, t.get("bias"), a.get("stride", 1), 0, a.get("dilation", 1), a.get("groups", 1)))


def run_conv_transpose1d(t, a):
    weight = t["weight"][0].permute(2, 1, 0)
    return images(F.conv_transpose1d(lines(t["x"]), weight, t.get("bias"), a.get("stride", 1), a.get("padding", 0),
                                     a.get("output_padding", 0), a.get("groups", 1), a.get("dilation", 1)))


def run_avg_pool1d(t, a):
    return images(F.avg_pool1d(lines(t["x"]), a["pool"], a.get("stride", a["pool"]), a.get("padding", 0),
                               count_include_pad=a.get("count_include_pad", False)))


def run_max_pool1d(t, a):
    return images(F.max_pool1d(lines(t["x"]), a["pool"], a.get("stride", a["pool"]), a.get("padding", 0)))


def run_conv2d(x, weight, bias, a, groups):
    size, kernel, stride = x.shape[1:3], weight.shape[:2], pair(a.get("stride", 1))
    dilation = pair(a.get("dilation", 1))
    padding = a.get("padding", 0)
    padding = same(size, kernel, stride, dilation) if padding == "same" else four(padding)
    return make.conv2d(x, weight, bias, stride, padding, dilation, groups)


def run_separable(t, a):
    between = run_conv2d(t["x"], t["depthwise.weight"], None, a, t["x"].shape[-1])
    return make.conv2d(between, t["pointwise.weight"], t.get("bias"))


def run_upsample(t, a):
    how = {k: pair(a[k]) for k in ("size", "scale_factor") if k in a}
    corners = dict(align_corners=a.get("align_corners", False)) if a.get("mode") == "bilinear" else {}
    return nhwc(F.interpolate(nchw(t["x"]), mode=a.get("mode", "nearest"), **how, **corners))


def run_zero_pad(t, a):
    top, bottom, left, right = four(a["padding"])
    return F.pad(t["x"], (0, 0, left, right, top, bottom))


def run_crop(t, a):
    top, bottom, left, right = (-side for side in four(a["cropping"]))
    return F.pad(t["x"], (0, 0, left, right, top, bottom))


RUN = {
    "conv_transpose2d": run_conv_transpose, "conv1d": run_conv1d, "conv_transpose1d": run_conv_transpose1d,
    "max_pool1d": run_max_pool1d, "avg_pool1d": run_avg_pool1d, "separable_conv2d": run_separable,
    "depthwise_conv2d": lambda t, a: run_conv2d(t["x"], t["weight"], t.get("bias"), a, t["x"].shape[-1]),
    "global_max_pool": lambda t, a: F.adaptive_max_pool2d(nchw(t["x"]), 1)[:, :, 0, 0],
    "adaptive_avg_pool2d": lambda t, a: nhwc(F.adaptive_avg_pool2d(nchw(t["x"]), pair(a["output"]))),
    "adaptive_max_pool2d": lambda t, a: nhwc(F.adaptive_max_pool2d(nchw(t["x"]), pair(a["output"]))),
    "upsample": run_upsample, "zero_pad2d": run_zero_pad, "crop2d": run_crop,
    "pad_channels": lambda t, a: F.pad(t["x"], (a.get("before", 0), a.get("after", 0))),
    "subsample": lambda t, a: t["x"][:, ::pair(a["stride"])[0], ::pair(a["stride"])[1]],
    "reshape": lambda t, a: t["x"].reshape(t["x"].shape[0], *a["shape"]),
    "pixel_shuffle": lambda t, a: nhwc(F.pixel_shuffle(nchw(t["x"]), a["factor"])),
    "pixel_unshuffle": lambda t, a: nhwc(F.pixel_unshuffle(nchw(t["x"]), a["factor"])),
}


def cases():
    """(case, shape of x, parameters with their shapes, the layer)."""
    def layer(kind, **options):
        return dict(type=kind, **options)

    def up(filters, kernel, **options):
        return layer("conv_transpose2d", filters=filters, kernel=kernel, **options)

    def filters(*shape, bias=None):
        return {"weight": shape} | ({"bias": (bias,)} if bias else {})

    yield "up_stride", (2, 4, 5, 3), filters(3, 2, 4, 3, bias=4), up(4, [3, 2], stride=[2, 3])
    yield "up_padding", (2, 5, 4, 4), filters(4, 3, 3, 4, bias=3), up(3, [4, 3], stride=[2, 1], padding=[1, 2])
    yield "up_output_padding", (2, 4, 3, 4), filters(3, 3, 8, 4, bias=8), up(8, 3, stride=[2, 3], padding=1,
                                                                            output_padding=[1, 2])
    yield "up_dilation", (2, 4, 5, 3), filters(2, 3, 2, 3), up(2, [2, 3], stride=[1, 2], dilation=[3, 2], padding=1,
                                                              output_padding=[2, 1], bias=False)
    yield "up_groups", (2, 3, 5, 6), filters(3, 2, 2, 6, bias=4), up(4, [3, 2], stride=2, groups=2)
    yield "up_depthwise", (2, 4, 3, 5), filters(3, 3, 1, 5, bias=5), up(5, 3, stride=2, padding=1, groups=5)
    yield "up_sides", (2, 4, 5, 3), filters(3, 4, 2, 3, bias=2), up(2, [3, 4], stride=2, padding=[0, 1, 2, 1])
    yield "up_same", (2, 5, 4, 3), filters(3, 4, 5, 3, bias=5), up(5, [3, 4], stride=[2, 3], padding="same")
    yield "up_same_gaps", (2, 3, 4, 3), filters(1, 2, 2, 3, bias=2), up(2, [1, 2], stride=[2, 3], padding="same")
    line = lambda **options: layer("conv1d", filters=4, **options)
    yield "line_valid", (2, 1, 13, 6), filters(1, 3, 3, 4, bias=4), line(kernel=3, stride=2, dilation=2, groups=2)
    yield "line_causal", (2, 1, 9, 3), filters(1, 3, 3, 4, bias=4), line(kernel=3, dilation=2, padding="causal")
    yield "line_same", (2, 1, 10, 3), filters(1, 4, 3, 4), line(kernel=4, stride=3, padding="same", bias=False)
    yield "line_sides", (2, 1, 7, 3), filters(1, 2, 3, 4, bias=4), line(kernel=2, padding=[2, 1])
    yield "line_up", (2, 1, 6, 3), filters(1, 4, 2, 3, bias=2), layer(
        "conv_transpose1d", filters=2, kernel=4, stride=3, padding=1, output_padding=2)
    yield "line_max", (2, 1, 11, 3), {}, layer("max_pool1d", pool=3, stride=2, padding=1)
    yield "line_mean", (2, 1, 11, 3), {}, layer("avg_pool1d", pool=4, stride=3, padding=2)
    yield "line_mean_counted", (2, 1, 9, 3), {}, layer("avg_pool1d", pool=3, padding=1, count_include_pad=True)
    yield "separable", (2, 7, 6, 3), {"depthwise.weight": (3, 2, 1, 6), "pointwise.weight": (1, 1, 6, 5), "bias": (5,)}, \
        layer("separable_conv2d", filters=5, kernel=[3, 2], stride=2, padding="same", depth_multiplier=2)
    yield "depthwise", (2, 6, 7, 3), filters(2, 3, 1, 9, bias=9), layer(
        "depthwise_conv2d", kernel=[2, 3], dilation=[2, 1], padding=1, depth_multiplier=3)
    yield "largest", (3, 4, 5, 6), {}, layer("global_max_pool")
    yield "largest_ties", (2, 3, 5, 4), {}, layer("global_max_pool")
    for output in ([3, 2], [5, 7], 1):
        name = "x".join(map(str, pair(output)))
        yield f"adaptive_mean_{name}", (2, 7, 5, 3), {}, layer("adaptive_avg_pool2d", output=output)
        yield f"adaptive_max_{name}", (2, 7, 5, 3), {}, layer("adaptive_max_pool2d", output=output)
    yield "nearest_factor", (2, 4, 3, 3), {}, layer("upsample", scale_factor=[2, 3])
    yield "nearest_size", (2, 5, 9, 3), {}, layer("upsample", size=[8, 4])
    for corners in (False, True):
        aligned = "_aligned" if corners else ""
        more = dict(mode="bilinear", align_corners=corners)
        yield f"bilinear_factor{aligned}", (2, 4, 3, 3), {}, layer("upsample", scale_factor=[2, 3], **more)
        yield f"bilinear_size{aligned}", (2, 5, 9, 3), {}, layer("upsample", size=[8, 4], **more)
        yield f"bilinear_line{aligned}", (2, 1, 4, 3), {}, layer("upsample", size=[3, 1], **more)
    yield "pad", (2, 3, 4, 3), {}, layer("zero_pad2d", padding=[1, 0, 2, 3])
    yield "crop", (2, 7, 6, 3), {}, layer("crop2d", cropping=[1, 2, 0, 3])
    yield "channels", (2, 3, 4, 4), {}, layer("pad_channels", before=2, after=3)
    yield "every_second", (2, 7, 6, 3), {}, layer("subsample", stride=[2, 3])
    yield "reshaped", (2, 3, 4, 5), {}, layer("reshape", shape=[6, -1, 2])
    yield "shuffle", (2, 3, 2, 12), {}, layer("pixel_shuffle", factor=2)
    yield "unshuffle", (2, 6, 3, 2), {}, layer("pixel_unshuffle", factor=3)


def layers():
    tensors = {}
    metadata = {"made_with": VERSIONS, "computed_in": "float64 from the stored f32 inputs, then rounded to f32"}
    for case, shape, parameters, a in cases():
        given = {k: normal(f"{case}.{k}", *s) for k, s in ({"x": shape} | parameters).items()}
        if case.endswith("ties"):
            given["x"] = np.floor(given["x"])
        t = {k: torch.tensor(v, dtype=F64, requires_grad=True) for k, v in given.items()}
        y = RUN[a["type"]](t, a)
        given["dy"] = normal(f"{case}.dy", *y.shape)
        y.backward(torch.tensor(given["dy"], dtype=F64))
        got = {"y": y.detach().numpy()} | {f"d{k}": v.grad.numpy() for k, v in t.items()}
        tensors |= {f"{case}.{k}": v.astype(np.float32) for k, v in (given | got).items()}
        metadata[case] = a
    return safetensors(tensors, metadata)


def check_nearest():
    """PyTorch finds the pixel in f32; the definition here is whole numbers. Says where they differ."""
    differ = []
    for length in range(1, 65):
        x = torch.arange(length, dtype=torch.float32)[None, None]
        for places in range(1, 129):
            got = F.interpolate(x, size=places, mode="nearest")[0, 0].long()
            want = torch.arange(places) * length // places
            differ += [] if torch.equal(got, want) else [(length, places)]
    print(f"nearest: {len(differ)} of {64 * 128} pairs of sizes differ from PyTorch's f32, such as {differ[:3]}")


# ---- a network that goes down and up again ----------------------------------------------------------------

def between(length, places):
    """The matrix of a bilinear change of size along an axis."""
    place = np.maximum((np.arange(places) + 0.5) * length / places - 0.5, 0)
    first = np.floor(place).astype(int)
    matrix = np.zeros((places, length))
    np.add.at(matrix, (np.arange(places), first), 1 - (place - first))
    np.add.at(matrix, (np.arange(places), np.minimum(first + 1, length - 1)), place - first)
    return matrix


def autoencoder(t, x, conv, pool, relu):
    """12x10x3 -> 6x5x8 -> 6x5x8 -> 12x10x8, transposed and upsampled, added -> mean over h and w -> 10."""
    x = relu(conv(x, t["conv1.weight"], t["conv1.bias"], stride=(2, 2), padding=(1,) * 4))
    x = relu(conv(x, t["middle.weight"], t["middle.bias"], padding=(1,) * 4))
    weight, bias = t["up.weight"], t["up.bias"]
    if isinstance(x, torch.Tensor):
        up = conv_transpose(x, weight, bias, stride=(2, 2), padding=1)
        side = nhwc(F.interpolate(nchw(x), scale_factor=2, mode="bilinear"))
    else:
        image = np.zeros((x.shape[0], 12, 10, 8))
        up = make.loop_conv2d(image, weight, stride=(2, 2), padding=(1,) * 4, dy=x)[0] + bias
        side = np.einsum("Hh,Ww,nhwc->nHWc", between(6, 12), between(5, 10), x)
    x = relu(up + conv(side, t["side.weight"], t["side.bias"]))
    return x.mean(axis=(1, 2)) @ t["dense.weight"] + t["dense.bias"]


make.NETWORKS["autoencoder"] = dict(
    forward=autoencoder, image=(12, 10, 3), batch=8, batches=4, bright=make.NETWORKS["residual"]["bright"],
    shapes=dict(conv1=(3, 3, 3, 8), middle=(3, 3, 8, 8), up=(4, 4, 8, 8), side=(1, 1, 8, 8), dense=(8, 10)),
    optimizers=dict(adam=make.OPTIMIZERS["adam"] | {"lr": 0.01}))


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    print(VERSIONS)
    check_nearest()
    different = 0
    for name, content in {"shapes": layers(), "autoencoder": make.network("autoencoder")}.items():
        path = HERE / f"{name}.safetensors"
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
