#!/usr/bin/env python3
"""Writes acts.safetensors: PyTorch's activations, softmax, PReLU, products, concatenation and squeeze-excitation in
lepton-gpu's layout. Run and checked like make.py, whose numbers, layout and file format it shares:

    python tests/golden/acts.py [--check]

A case is a layer of a model file with its options. It holds its inputs (`x`, `x2` ..., parameters by name), `dy`, `y`, and a gradient `d<input>` for every input. Inputs of
activations hold the kinks themselves, and numbers far from 0.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

from make import F64, HERE, VERSIONS, nchw, nhwc, normal, safetensors

KINKS = [-3.0, 3.0, 0.0, -0.0, 6.0, -100.0, 100.0, -20.5, 20.5, 1e-4, -1e-4]
SHAPE = (2, 5, 3, 4)


def activations():
    """(case, layer, options, function)."""
    yield "leaky_relu", "leaky_relu", {}, F.leaky_relu
    yield "leaky_relu_steep", "leaky_relu", dict(negative_slope=0.3125), lambda x: F.leaky_relu(x, 0.3125)
    yield "elu", "elu", {}, F.elu
    yield "elu_alpha", "elu", dict(alpha=1.75), lambda x: F.elu(x, 1.75)
    yield "gelu_tanh", "gelu", dict(approximate="tanh"), lambda x: F.gelu(x, approximate="tanh")
    for name in ("gelu", "silu", "hardswish", "hardsigmoid", "relu6", "sigmoid", "tanh", "softplus", "mish"):
        yield name, name, {}, getattr(F, name)


def gate(x, reduce_weight, reduce_bias, expand_weight, expand_bias, between, last):
    few = between(x.mean(dim=(1, 2)) @ reduce_weight + reduce_bias)
    return last(few @ expand_weight + expand_bias)


def cases():
    """(case, layer, options, inputs by name, function of them)."""
    for case, layer, options, function in activations():
        x = 2 * normal(f"{case}.x", *SHAPE)
        x.flat[:len(KINKS)] = KINKS
        yield case, layer, options, dict(x=x), function
    for layer in ("softmax", "log_softmax"):
        for shape in ((2, 3, 5, 7), (6, 10)):
            case = f"{layer}{len(shape)}"
            x = 3 * normal(f"{case}.x", *shape)
            x.reshape(-1, shape[-1])[1, 0] = 1e4
            x.reshape(-1, shape[-1])[2, 1] = -1e4
            yield case, layer, {}, dict(x=x), lambda x, f=getattr(F, layer): f(x, dim=-1)
    for case, shape, slopes in (
            ("prelu_channel", (3, 7, 5, 6), 6), ("prelu_one", (3, 7, 9, 4), 1), ("prelu_row", (9, 5), 5)):
        x = normal(f"{case}.x", *shape)
        x.flat[[1, 5]] = [0.0, -0.0]
        given = dict(x=x, weight=normal(f"{case}.weight", slopes))
        prelu = lambda x, weight: nhwc(F.prelu(nchw(x), weight)) if x.dim() == 4 else F.prelu(x, weight)
        yield case, "prelu", dict(slopes="one" if slopes == 1 else "channel"), given, prelu
    given = dict(x=normal("layer_scale.x", 3, 5, 7, 6), weight=normal("layer_scale.weight", 6))
    yield "layer_scale", "layer_scale", {}, given, lambda x, weight: x * weight
    product = lambda x, x2: x * x2
    for case, shapes, function in (
            ("multiply", [(2, 5, 3, 4)] * 2, product),
            ("multiply_gate", [(2, 5, 3, 6), (2, 6)], lambda x, x2: x * x2[:, None, None]),
            ("multiply_gate_first", [(3, 8), (3, 2, 5, 8)], lambda x, x2: x[:, None, None] * x2),
            ("multiply_pixel", [(2, 5, 3, 7), (2, 1, 1, 7)], product)):
        given = {n: normal(f"{case}.{n}", *s) for n, s in zip(("x", "x2"), shapes)}
        yield case, "multiply", {}, given, function
    for case, channels in (("concat2", (3, 5)), ("concat3", (4, 8, 12)), ("concat4", (1, 4, 2, 6))):
        given = {n: normal(f"{case}.{n}", 2, 3, 5, c) for n, c in zip(("x", "x2", "x3", "x4"), channels)}
        yield case, "concat", {}, given, lambda *x: nhwc(torch.cat([nchw(i) for i in x], dim=1))
    for case, channels, units, options in (
            ("squeeze_excite", 12, 3, dict(ratio=4)),
            ("squeeze_excite_hard", 10, 4, dict(units=4, activation="silu", gate="hardsigmoid"))):
        given = dict(x=normal(f"{case}.x", 3, 5, 7, channels))
        for name, shape in (("reduce.weight", (channels, units)), ("reduce.bias", (units,)),
                            ("expand.weight", (units, channels)), ("expand.bias", (channels,))):
            given[name] = normal(f"{case}.{name}", *shape)
        functions = [getattr(F, options.get(*d)) for d in (("activation", "relu"), ("gate", "sigmoid"))]
        yield (case, "squeeze_excite", options, given,
               lambda x, *p, f=functions: x * gate(x, *p, *f)[:, None, None])


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    tensors = {}
    metadata = {"made_with": VERSIONS, "computed_in": "float64 from the stored f32 inputs, then rounded to f32"}
    for case, layer, options, given, function in cases():
        t = {k: torch.tensor(v, dtype=F64, requires_grad=True) for k, v in given.items()}
        y = function(*t.values())
        dy = normal(f"{case}.dy", *y.shape)
        y.backward(torch.tensor(dy, dtype=F64))
        got = {"dy": dy, "y": y.detach().numpy()} | {f"d{k}": v.grad.numpy() for k, v in t.items()}
        tensors |= {f"{case}.{k}": v.astype(np.float32) for k, v in (given | got).items()}
        metadata[case] = dict(layer=layer, options=options, inputs=list(given))
    path, content = HERE / "acts.safetensors", safetensors(tensors, metadata)
    if "--check" in sys.argv[1:]:
        equal = path.exists() and path.read_bytes() == content
        print(f"{path.name}: {'same bytes' if equal else 'DIFFERENT'}")
        return 0 if equal else 1
    path.write_bytes(content)
    print(f"{path.name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
