"""A model file of lepton-gpu in PyTorch: its layers by their definitions, with weights from a checkpoint.

Activations are [n, c, h, w] here; filters lie [kh, kw, c_in, c_out] in the checkpoint and matrices [in, out].
"""
import json
import struct

import torch
import torch.nn.functional as F

GELU = {"gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "relu": F.relu, "none": lambda x: x}


def read_safetensors(path):
    """Names and f32 tensors of a checkpoint."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header, body = json.loads(raw[8:8 + length]), raw[8 + length:]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            tensors[name] = torch.frombuffer(bytearray(body[start:end]), dtype=torch.float32).view(entry["shape"])
    return tensors


def torch_layout(tensor):
    return tensor.permute(3, 2, 0, 1).contiguous() if tensor.dim() == 4 else tensor.clone()


class Network:
    """The layers of a model file in order. Running averages are not kept: training does not look at them."""

    def __init__(self, model, tensors):
        self.layers, self.parameters = model["layer"], {}
        for layer in self.layers:
            learned = ["weight", "bias"] if layer["type"] != "batch_norm" or layer.get("scale", True) else ["bias"]
            for name in (f"{layer['name']}.{part}" for part in learned):
                if name in tensors:
                    self.parameters[name] = torch_layout(tensors[name]).requires_grad_()

    def __call__(self, x):
        outputs, before = {"input": x}, "input"
        for layer in self.layers:
            inputs = [outputs[name] for name in layer.get("inputs", [before])]
            before = layer["name"]
            outputs[before] = self.layer(layer, *inputs)
        return outputs[before]

    def layer(self, layer, x, other=None):
        weight, bias = (self.parameters.get(f"{layer['name']}.{part}") for part in ("weight", "bias"))
        kind = layer["type"]
        if kind == "conv2d":
            padding = layer.get("padding", 0)
            y = F.conv2d(x, weight, bias, layer.get("stride", 1), "valid" if padding == "valid" else padding)
        elif kind == "batch_norm":
            y = F.batch_norm(x, None, None, weight, bias, training=True, eps=layer.get("epsilon", 1e-5))
        elif kind == "linear":
            y = x @ weight if bias is None else x @ weight + bias
        elif kind == "layer_scale":
            y = x * weight
        elif kind == "max_pool2d":
            y = F.max_pool2d(x, layer["pool"], layer.get("stride", layer["pool"]))
        elif kind == "global_avg_pool":
            y = x.mean(dim=(2, 3))
        elif kind == "add":
            y = x + other
        elif kind == "subsample":
            y = x[:, :, ::layer["stride"], ::layer["stride"]]
        elif kind == "pad_channels":
            y = F.pad(x, (0, 0, 0, 0, layer.get("before", 0), layer.get("after", 0)))
        elif kind == "flatten":
            y = x.permute(0, 2, 3, 1).flatten(1)
        elif kind in GELU:
            y = GELU[kind](x)
        else:
            raise ValueError(f"{layer['name']}: `{kind}` is not among the layers here")
        return GELU[layer.get("activation", "none")](y)
