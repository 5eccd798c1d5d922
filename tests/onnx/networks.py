"""Networks of torchvision and timm with random weights as ONNX files, each with an input and PyTorch's answer.

    python networks.py FOLDER NAME...

FOLDER/NAME.onnx, NAME.input (f32, [2, c, h, w]) and NAME.answer (f32, [2, classes]). With another exporter than the default:
NAME:dynamo. Without names, lists those that there are.
"""

import pathlib
import sys
import warnings

import numpy
import timm
import torch
import torchvision

warnings.filterwarnings("ignore")
NETWORKS = {
    "resnet18": lambda: torchvision.models.resnet18(num_classes=7),
    "mobilenet_v2": lambda: torchvision.models.mobilenet_v2(num_classes=7),
    "mobilenet_v3_small": lambda: torchvision.models.mobilenet_v3_small(num_classes=7),
    "efficientnet_b0": lambda: torchvision.models.efficientnet_b0(num_classes=7),
    "squeezenet1_1": lambda: torchvision.models.squeezenet1_1(num_classes=7),
    "shufflenet_v2_x0_5": lambda: torchvision.models.shufflenet_v2_x0_5(num_classes=7),
    "densenet121": lambda: torchvision.models.densenet121(num_classes=7),
    "regnet_y_400mf": lambda: torchvision.models.regnet_y_400mf(num_classes=7),
    "convnext_tiny": lambda: torchvision.models.convnext_tiny(num_classes=7),
    "vgg11_bn": lambda: torchvision.models.vgg11_bn(num_classes=7),
    "googlenet": lambda: torchvision.models.googlenet(num_classes=7, aux_logits=False, init_weights=False),
    "efficientnet_lite0": lambda: timm.create_model("efficientnet_lite0", num_classes=7),
    "tf_efficientnet_lite0": lambda: timm.create_model("tf_efficientnet_lite0", num_classes=7),
    "convnext_atto": lambda: timm.create_model("convnext_atto", num_classes=7),
}
SIZE = 64


def settle(network):
    """Statistics and scales that are not where they begin."""
    generator = torch.Generator().manual_seed(5)
    for name, tensor in network.state_dict().items():
        uniform = torch.rand(tensor.shape, generator=generator) if tensor.is_floating_point() else None
        if name.endswith("running_var"):
            tensor.copy_(0.5 + uniform)
        elif name.endswith("running_mean") or name.endswith("bias"):
            tensor.copy_(0.2 * uniform - 0.1)
        elif name.endswith("gamma") or name.endswith("layer_scale"):
            tensor.copy_(0.1 + 0.1 * uniform)


def main(folder, names):
    for name in names:
        network_name, _, exporter = name.partition(":")
        torch.manual_seed(3)
        network = NETWORKS[network_name]().eval()
        with torch.no_grad():
            settle(network)
            images = torch.randn(2, 3, SIZE, SIZE)
            answer = network(images)
        path = str(pathlib.Path(folder, name.replace(":", "-")))
        if exporter == "dynamo":
            program = torch.onnx.export(
                network, (images,), dynamo=True, dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False
            )
            program.save(path + ".onnx", external_data=False)
        else:
            torch.onnx.export(
                network, (images,), path + ".onnx", opset_version=17, dynamo=False, input_names=["input"],
                output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
            )
        images.numpy().astype(numpy.float32).tofile(path + ".input")
        answer.numpy().astype(numpy.float32).tofile(path + ".answer")
        print(name)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(" ".join(NETWORKS))
    else:
        main(sys.argv[1], sys.argv[2:])
