#!/usr/bin/env python3
"""Writes foreign.safetensors: answers of networks as torchvision, timm and others build them, for tests/foreign.rs.

    python tests/golden/foreign.py [--check]

Weights are not stored: both sides compute them from a tensor's name (`values`). Of each network there are its tensors' names and
shapes, its logits on two images, and, of each module with weights, the means of its first four channels on them (`probes`), by
which the test finds the first layer that differs. Wide networks are built with fewer channels: what is checked is names, orders
of axes, paddings and constants. Made in f64.
"""
import json
import sys

import numpy as np
import timm
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from make import HERE, bits, safetensors
from timm.models.convnext import ConvNeXt as TimmConvNeXt
from timm.models.vgg import VGG as TimmVGG
from timm.models.vgg import ConvMlp
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.vgg import VGG, cfgs, make_layers

CLASSES, IMAGES = 7, 2
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
tv = torchvision.models


def fnv(name):
    hash = 0x811C9DC5
    for byte in name.encode():
        hash = (hash ^ byte) * 0x01000193 % 2**32
    return hash


def values(name, shape):
    """What a tensor of this name and shape holds, as f32."""
    count = int(np.prod(shape))
    unit = (bits(fnv(name), count) >> np.uint64(40)).astype(np.float64) / 2.0**24
    if len(shape) >= 2 and list(shape[1:]) != [1, 1]:
        unit = (2 * unit - 1) * np.sqrt(6.0 / np.prod(shape[1:]))
    elif name.endswith(("bias", "running_mean")):
        unit = 0.4 * (unit - 0.5)
    else:
        unit = 0.5 + unit
    return unit.astype(np.float32).reshape(shape)


class Residual(nn.Module):
    """A residual block as collections of networks for CIFAR have it; `shortcut` is "downsample", "shortcut" or "pad"."""

    def __init__(self, inputs, filters, stride, shortcut):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters)
        self.conv2, self.bn2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters)
        self.changes, self.how, self.stride, self.more = stride != 1 or inputs != filters, shortcut, stride, filters - inputs
        if self.changes and shortcut != "pad":
            setattr(self, shortcut, nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.changes and self.how == "pad":
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more // 2))
        elif self.changes:
            x = getattr(self, self.how)(x)
        return F.relu(x + y)


class Cifar(nn.Module):
    def __init__(self, blocks, widths, shortcut, head):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0])
        inputs, self.stages, self.head = widths[0], [f"layer{i + 1}" for i in range(len(widths))], head
        for i, width in enumerate(widths):
            stage = []
            for block in range(blocks):
                stage.append(Residual(inputs, width, 2 if block == 0 and i > 0 else 1, shortcut))
                inputs = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
        setattr(self, head, nn.Linear(inputs, CLASSES))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return getattr(self, self.head)(x.mean((2, 3)))


def narrow(plan, by):
    return [width if width == "M" else width // by for width in plan]


def vgg(plan, norm):
    net = VGG(make_layers(narrow(cfgs[plan], 16), batch_norm=norm), num_classes=CLASSES, init_weights=False)
    net.classifier = nn.Sequential(nn.Linear(32 * 49, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 256), nn.ReLU(), nn.Dropout(),
                                   nn.Linear(256, CLASSES))
    return net


def vgg_timm(plan, norm):
    net = TimmVGG(narrow(cfgs[plan], 16), num_classes=CLASSES, norm_layer=nn.BatchNorm2d if norm else None)
    net.pre_logits, net.head.fc = ConvMlp(32, 256, 7), nn.Linear(256, CLASSES)
    return net


def named_blocks(net):
    """The names that EfficientNet-Lite's conversions from TensorFlow have, which begin with `_`; both lists have one order."""
    parts = {"conv_pw": "_expand_conv", "conv_dw": "_depthwise_conv", "conv_pwl": "_project_conv", "bn1": "_bn0", "bn2": "_bn1", "bn3": "_bn2"}
    first = {"conv_dw": "_depthwise_conv", "conv_pw": "_project_conv", "bn1": "_bn1", "bn2": "_bn2"}
    ends = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
    blocks = [f"{s}.{b}" for s, stage in enumerate(net.blocks) for b in range(len(stage))]

    def renamed(name):
        words = name.split(".")
        if words[0] != "blocks":
            return ".".join([ends[words[0]], *words[1:]])
        number = blocks.index(f"{words[1]}.{words[2]}")
        return ".".join([f"_blocks.{number}", (first if number == 0 else parts)[words[3]], *words[4:]])

    return renamed


WIDE = 224
# name: (preset, by how much its channels are divided, side of the images, network, file name that tells it from others)
CASES = {
    "torchvision.resnet18": ("resnet18", 1, 64, lambda: tv.resnet18(num_classes=CLASSES), ""),
    "torchvision.resnet50": ("resnet50", 1, 64, lambda: tv.resnet50(num_classes=CLASSES), ""),
    "torchvision.vgg11_bn": ("vgg11", 16, WIDE, lambda: vgg("A", True), ""),
    "torchvision.vgg11": ("vgg11-no-norm", 16, WIDE, lambda: vgg("A", False), ""),
    "torchvision.vgg16_bn": ("vgg16", 16, WIDE, lambda: vgg("D", True), ""),
    "torchvision.vgg16": ("vgg16-no-norm", 16, WIDE, lambda: vgg("D", False), ""),
    "torchvision.mobilenet_v2": ("mobilenet-v2", 1, 64, lambda: tv.mobilenet_v2(num_classes=CLASSES), ""),
    "torchvision.convnext_tiny": ("convnext-tiny", 4, 64, lambda: ConvNeXt(
        [CNBlockConfig(24, 48, 3), CNBlockConfig(48, 96, 3), CNBlockConfig(96, 192, 9), CNBlockConfig(192, None, 3)],
        num_classes=CLASSES), ""),
    "timm.resnet34": ("resnet34", 1, 64, lambda: timm.create_model("resnet34", num_classes=CLASSES), ""),
    "timm.vgg11_bn": ("vgg11", 16, WIDE, lambda: vgg_timm("A", True), ""),
    "timm.vgg16": ("vgg16-no-norm", 16, WIDE, lambda: vgg_timm("D", False), ""),
    "timm.mobilenetv2_100": ("mobilenet-v2", 1, 64, lambda: timm.create_model("mobilenetv2_100", num_classes=CLASSES), ""),
    "timm.convnext_atto": ("convnext-atto", 1, 64, lambda: timm.create_model("convnext_atto", num_classes=CLASSES), ""),
    "timm.convnext_tiny": ("convnext-tiny", 4, 64, lambda: TimmConvNeXt(
        depths=(3, 3, 9, 3), dims=(24, 48, 96, 192), num_classes=CLASSES), ""),
    "timm.efficientnet_lite0": ("efficientnet-lite0-symmetric", 1, 64, lambda: timm.create_model(
        "efficientnet_lite0", num_classes=CLASSES), "efficientnet_lite0"),
    "timm.tf_efficientnet_lite0": ("efficientnet-lite0", 1, 64, lambda: timm.create_model(
        "tf_efficientnet_lite0", num_classes=CLASSES), "tf_efficientnet_lite0"),
    "blocks.efficientnet_lite0": ("efficientnet-lite0", 1, 64, lambda: timm.create_model(
        "tf_efficientnet_lite0", num_classes=CLASSES), ""),
    "chenyaofo.resnet20": ("resnet20-projection", 1, 32, lambda: Cifar(3, (16, 32, 64), "downsample", "fc"), ""),
    "akamaster.resnet20": ("resnet20", 1, 32, lambda: Cifar(3, (16, 32, 64), "pad", "linear"), ""),
    "kuangliu.resnet18": ("resnet18-cifar", 1, 32, lambda: Cifar(2, (64, 128, 256, 512), "shortcut", "linear"), ""),
}


def means(output, module):
    """Means of the first channels, `[n, 4]`."""
    if output.dim() == 4:
        last = isinstance(module, (nn.Linear, nn.LayerNorm)) and "2d" not in type(module).__name__
        output = output.mean((1, 2) if last else (2, 3))
    return output[:, :4].detach().numpy()


def run(name):
    preset, divisor, side, build, hint = CASES[name]
    torch.manual_seed(0)
    net = build().double().eval()
    renamed = named_blocks(net) if name.startswith("blocks.") else (lambda text: text)
    state = net.state_dict()
    filled = {k: v if v.dim() == 0 else torch.from_numpy(values(renamed(k), tuple(v.shape))).double() for k, v in state.items()}
    net.load_state_dict(filled)
    modules, probes = [], {}
    for path, module in net.named_modules():
        if any(key.rpartition(".")[0] == path for key in state) and not list(module.children()):
            modules.append(path)
            module.register_forward_hook(lambda m, _, out, path=path: probes.__setitem__(path, means(out, m)))
    pixels = (bits(1000, IMAGES * side * side * 3) >> np.uint64(56)).astype(np.uint8).reshape(IMAGES, side, side, 3)
    x = (torch.from_numpy(pixels).double() / 255 - torch.tensor(MEAN).double()) / torch.tensor(STD).double()
    with torch.no_grad():
        logits = net(x.permute(0, 3, 1, 2))
    modules = [path for path in modules if path in probes]
    tensors = {f"{name}.logits": logits.numpy(), f"{name}.probes": np.stack([probes[path] for path in modules]).astype(np.float32)}
    listing = [[renamed(key), list(value.shape)] for key, value in state.items()]
    about = {"preset": preset, "divisor": divisor, "side": side, "hint": hint, "tensors": listing, "modules": [renamed(m) for m in modules]}
    print(f"{name}: {len(listing)} tensors, logits {np.abs(logits.numpy()).max():.3g}")
    return tensors, about


def main():
    made = f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}"
    tensors, metadata = {}, {"made_with": made}
    for name in CASES:
        own, about = run(name)
        tensors, metadata = tensors | own, metadata | {name: about}
    data = safetensors(tensors, metadata)
    path = HERE / "foreign.safetensors"
    if "--check" in sys.argv:
        same = path.read_bytes() == data
        print("the same" if same else f"{path} differs")
        sys.exit(0 if same else 1)
    path.write_bytes(data)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
