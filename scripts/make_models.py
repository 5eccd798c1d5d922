#!/usr/bin/env python3
"""Writes the larger presets in models/, which consist of repeated blocks: python3 scripts/make_models.py [FOLDER].

Sizes follow the papers, torchvision and timm; a test in src/model/summary.rs checks the parameter counts.
"""
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "models")


def value(v):
    if isinstance(v, bool):
        return str(v).lower()
    if isinstance(v, (list, tuple)):
        return "[" + ", ".join(value(x) for x in v) + "]"
    return f'"{v}"' if isinstance(v, str) else str(v)


class Model:
    def __init__(self, name, comment, size):
        self.name, self.last = name, "input"
        self.text = "".join(f"# {line}\n" for line in comment) + f'name = "{name}"\ninput = {value(size)}\n'

    def add(self, name, kind, reads=None, **options):
        """A layer that reads the one before it, or `reads`; gives its name."""
        reads = [reads] if isinstance(reads, str) else reads
        self.text += f'\n[[layer]]\nname = "{name}"\ntype = "{kind}"\n'
        self.text += "".join(f"{key} = {value(v)}\n" for key, v in options.items())
        if reads and reads != [self.last]:
            self.text += f"inputs = {value(reads)}\n"
        self.last = name
        return name

    def conv_norm(self, name, filters, kernel, stride=1, activation=None, reads=None, groups=1, padding=None, **norm):
        more = {"stride": stride} if stride != 1 else {}
        more |= {"groups": groups} if groups != 1 else {}
        if kernel != 1:
            more["padding"] = kernel // 2 if padding is None else padding
        self.add(f"{name}_conv", "conv2d", reads, filters=filters, kernel=kernel, **more, bias=False, init="he_normal")
        return self.add(f"{name}_norm", "batch_norm", **norm, **({"activation": activation} if activation else {}))

    def head(self, pool="global_avg_pool", **options):
        self.add("pool", pool)
        self.add("classes", "linear", units="classes", **options)

    def write(self):
        (FOLDER / f"{self.name}.toml").write_text(self.text)


def resnet_cifar(depth, projection=False):
    n = (depth - 2) // 6
    shortcuts = "projections as shortcuts where the size changes (option B)" if projection else "parameter-free shortcuts (option A)"
    m = Model(f"resnet{depth}{'-projection' if projection else ''}",
              [f"ResNet-{depth} for 32x32 colour images (He et al. 2016, section 4.2): three stages of {n} blocks, batch norm after",
               f"each convolution, {shortcuts}."], [32, 32, 3])
    x, channels = m.conv_norm("stem", 16, 3, activation="relu"), 16
    for stage, filters in enumerate((16, 32, 64), 1):
        for block in range(1, n + 1):
            at, stride = f"stage{stage}_{block}", 2 if block == 1 and stage > 1 else 1
            m.conv_norm(f"{at}_1", filters, 3, stride, "relu", x)
            y = m.conv_norm(f"{at}_2", filters, 3)
            if stride == 2 and projection:
                x = m.conv_norm(f"{at}_shortcut", filters, 1, stride, reads=x)
            elif stride == 2:
                m.add(f"{at}_half", "subsample", x, stride=2)
                x = m.add(f"{at}_shortcut", "pad_channels", before=channels // 2, after=channels // 2)
            m.add(f"{at}_add", "add", [y, x])
            x, channels = m.add(f"{at}_relu", "relu"), filters
    m.head()
    m.write()


def resnet(depth, counts, bottleneck, cifar=False):
    name = f"resnet{depth}-cifar" if cifar else f"resnet{depth}"
    what = "32x32 colour images: a 3x3 stem without pooling" if cifar else "224x224 colour images"
    m = Model(name, [f"ResNet-{depth} (He et al. 2016) for {what}{'; otherwise' if cifar else ','} as in torchvision."], [32, 32, 3] if cifar else [224, 224, 3])
    if cifar:
        x = m.conv_norm("stem", 64, 3, activation="relu")
    else:
        m.conv_norm("stem", 64, 7, 2, "relu")
        x = m.add("stem_pool", "max_pool2d", pool=3, stride=2, padding=1)
    channels = 64
    for stage, (count, width) in enumerate(zip(counts, (64, 128, 256, 512)), 1):
        filters = width * 4 if bottleneck else width
        for block in range(1, count + 1):
            at, stride = f"stage{stage}_{block}", 2 if block == 1 and stage > 1 else 1
            if bottleneck:
                m.conv_norm(f"{at}_1", width, 1, activation="relu", reads=x)
                m.conv_norm(f"{at}_2", width, 3, stride, "relu")
                y = m.conv_norm(f"{at}_3", filters, 1)
            else:
                m.conv_norm(f"{at}_1", width, 3, stride, "relu", x)
                y = m.conv_norm(f"{at}_2", width, 3)
            if channels != filters or stride != 1:
                x = m.conv_norm(f"{at}_shortcut", filters, 1, stride, reads=x)
            m.add(f"{at}_add", "add", [y, x])
            x, channels = m.add(f"{at}_relu", "relu"), filters
    m.head()
    m.write()


def vgg(depth, plan, norm=True):
    name, how, theirs = (f"vgg{depth}", "with", f"vgg{depth}_bn") if norm else (f"vgg{depth}-no-norm", "without", f"vgg{depth}")
    m = Model(name, [f"VGG-{depth} (Simonyan and Zisserman 2015) {how} batch norm, for 224x224 colour images, as torchvision's {theirs}."], [224, 224, 3])
    for stage, (filters, count) in enumerate(plan, 1):
        for i in range(1, count + 1):
            m.add(f"conv{stage}_{i}", "conv2d", filters=filters, kernel=3, padding=1, init="he_normal", **({} if norm else {"activation": "relu"}))
            if norm:
                m.add(f"norm{stage}_{i}", "batch_norm", activation="relu")
        m.add(f"pool{stage}", "max_pool2d", pool=2)
    m.add("seven", "adaptive_avg_pool2d", output=7)
    m.add("row", "flatten")
    for i in (1, 2):
        m.add(f"hidden{i}", "linear", units=4096, activation="relu")
        m.add(f"drop{i}", "dropout", rate=0.5)
    m.add("classes", "linear", units="classes")
    m.write()


def inverted_residuals(m, stages, **options):
    """MobileNetV2's blocks between a stem of 32 filters and 1280 at the end: expand, depthwise, project."""
    x, channels = m.conv_norm("stem", 32, 3, 2, "relu6", **options), 32
    norm = {key: value for key, value in options.items() if key != "padding"}
    number = 0
    for expand, filters, count, first, kernel in stages:
        for i in range(count):
            number += 1
            at, stride, before, wide = f"block{number}", first if i == 0 else 1, x, channels * expand
            if expand != 1:
                m.conv_norm(f"{at}_expand", wide, 1, activation="relu6", reads=x, **norm)
            m.conv_norm(f"{at}_depthwise", wide, kernel, stride, "relu6", groups=wide, **options)
            x = m.conv_norm(f"{at}_project", filters, 1, **norm)
            if stride == 1 and channels == filters:
                x = m.add(f"{at}_add", "add", [x, before])
            channels = filters
    m.conv_norm("last", 1280, 1, activation="relu6", **norm)


def after_inverted_residuals(m):
    """Their usual classifier."""
    m.add("pool", "global_avg_pool")
    m.add("drop", "dropout", rate=0.2)
    m.add("classes", "linear", units="classes")
    m.write()


def mobilenet_v2():
    m = Model("mobilenet-v2", ["MobileNetV2 (Sandler et al. 2018) for 224x224 colour images, as in torchvision."], [224, 224, 3])
    inverted_residuals(m, ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3), (6, 64, 4, 2, 3), (6, 96, 3, 1, 3), (6, 160, 3, 2, 3), (6, 320, 1, 1, 3)))
    after_inverted_residuals(m)


LITE0 = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))
# TensorFlow's padding and options of batch norm
TENSORFLOW = {"padding": "same", "epsilon": 0.001, "momentum": 0.01}


def efficientnet_lite0(name, comment, **options):
    m = Model(name, ["EfficientNet-Lite0 (Tan and Le 2019; the Lite form by Google, 2020) for 224x224 colour images: no squeeze-and-excite, ReLU6,", comment],
              [224, 224, 3])
    inverted_residuals(m, LITE0, **options)
    after_inverted_residuals(m)


def photo_lite0():
    m = Model("photo-lite0", ["A small network on what EfficientNet-Lite0 sees in photos: its features at six depths, pooled, normalised and classified. The",
                              "layers up to `last_norm` are those of efficientnet-lite0, whose weights fit them by name."], [160, 160, 3])
    inverted_residuals(m, LITE0, **TENSORFLOW)
    pools = [m.add(f"{name}_pool", "global_avg_pool", reads) for name, reads in
             (("last", None), ("block5", "block5_add"), ("block8", "block8_add"), ("block11", "block11_add"), ("block15", "block15_add"), ("block16", "block16_project_norm"))]
    m.add("features", "concat", pools)
    # every picture's own mean and length: batch norm after it, or in its place, gives about a point less
    m.add("features_norm", "layer_norm", affine=False)
    m.add("features_drop", "dropout", rate=0.5)
    # small weights: he_normal gave 52 % instead of 57 % after 48 photos of TrashNet, in PyTorch, with batch norm
    m.add("hidden", "linear", units=256, activation="relu", init="torch")
    m.add("hidden_drop", "dropout", rate=0.3)
    m.add("classes", "linear", units="classes", init="torch")
    m.write()


def wide_resnet(depth, k):
    n = (depth - 4) // 6
    m = Model(f"wide-resnet-{depth}-{k}", [f"Wide ResNet {depth}-{k} for 32x32 colour images (Zagoruyko and Komodakis 2016): batch norm and ReLU before each convolution."], [32, 32, 3])
    x, channels = m.add("stem", "conv2d", filters=16, kernel=3, padding=1, bias=False, init="he_normal"), 16
    for stage, filters in enumerate((16 * k, 32 * k, 64 * k), 1):
        for block in range(1, n + 1):
            at, stride = f"stage{stage}_{block}", 2 if block == 1 and stage > 1 else 1
            first = m.add(f"{at}_norm1", "batch_norm", x, activation="relu")
            more = {"stride": stride} if stride != 1 else {}
            m.add(f"{at}_conv1", "conv2d", filters=filters, kernel=3, padding=1, bias=False, init="he_normal", **more)
            m.add(f"{at}_norm2", "batch_norm", activation="relu")
            y = m.add(f"{at}_conv2", "conv2d", filters=filters, kernel=3, padding=1, bias=False, init="he_normal")
            if channels != filters:
                x = m.add(f"{at}_shortcut", "conv2d", first, filters=filters, kernel=1, bias=False, init="he_normal", **more)
            x, channels = m.add(f"{at}_add", "add", [y, x]), filters
    m.add("norm", "batch_norm", activation="relu")
    m.head()
    m.write()


def convnext(size, comment, counts, first):
    m = Model(f"convnext-{size}", [f"ConvNeXt (Liu et al. 2022) in {comment}, for 224x224 colour images."], [224, 224, 3])
    m.add("stem", "conv2d", filters=first, kernel=4, stride=4)
    x = m.add("stem_norm", "layer_norm", epsilon=1e-6)
    for stage, (count, width) in enumerate(zip(counts, (first, 2 * first, 4 * first, 8 * first)), 1):
        if stage > 1:
            m.add(f"down{stage}_norm", "layer_norm", epsilon=1e-6)
            x = m.add(f"down{stage}", "conv2d", filters=width, kernel=2, stride=2)
        for block in range(1, count + 1):
            at = f"stage{stage}_{block}"
            m.add(f"{at}_depthwise", "conv2d", x, filters=width, kernel=7, padding=3, groups=width)
            m.add(f"{at}_norm", "layer_norm", epsilon=1e-6)
            m.add(f"{at}_wide", "conv2d", filters=4 * width, kernel=1, activation="gelu")
            m.add(f"{at}_narrow", "conv2d", filters=width, kernel=1)
            y = m.add(f"{at}_scale", "layer_scale", init=1e-6)
            x = m.add(f"{at}_add", "add", [y, x])
    m.add("pool", "global_avg_pool")
    m.add("norm", "layer_norm", epsilon=1e-6)
    m.add("classes", "linear", units="classes")
    m.write()


for depth in (20, 32, 44, 56, 110):
    resnet_cifar(depth)
for depth in (20, 32, 44, 56):
    resnet_cifar(depth, projection=True)
for cifar in (False, True):
    resnet(18, (2, 2, 2, 2), False, cifar)
    resnet(34, (3, 4, 6, 3), False, cifar)
    resnet(50, (3, 4, 6, 3), True, cifar)
for norm in (True, False):
    vgg(11, ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)), norm)
    vgg(16, ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), norm)
mobilenet_v2()
efficientnet_lite0("efficientnet-lite0", "and TensorFlow's padding. Weights learned on ImageNet are in models/weights.", **TENSORFLOW)
efficientnet_lite0("efficientnet-lite0-symmetric", "and PyTorch's padding, the same on all sides: timm's efficientnet_lite0.")
photo_lite0()
wide_resnet(28, 10)
convnext("atto", "timm's size atto", (2, 2, 6, 2), 40)
convnext("tiny", "its size tiny", (3, 3, 9, 3), 96)
