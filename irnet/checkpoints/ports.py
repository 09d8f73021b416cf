"""What TorchVision, timm and Cadene call the layers of networks whose blocks are no Inception-v3's or v4's.

Each function takes the path of a convolution or linear layer here and gives the name of the layer there, and of its
batch norm.
"""

from __future__ import annotations

from collections.abc import Callable

Port = Callable[[str], tuple[str, str]]
_DOUBLE = ("double_3x3_reduce", "double_3x3_1", "double_3x3_2")


def googlenet(path: str) -> tuple[str, str]:
    """Of TorchVision.

    Examples
    --------
    >>> googlenet("inception_4b.0.b1.0"), googlenet("aux1.0.2"), googlenet("classifier")
    (('inception4b.branch2.0.conv', 'inception4b.branch2.0.bn'), ('aux1.fc1', ''), ('fc', ''))
    """
    stage, _, *steps = f"{path}..".split(".")
    if stage == "classifier":
        return "fc", ""
    if stage.startswith("aux"):
        name = f"{stage}.{ {'1': 'conv', '2': 'fc1', '5': 'fc2'}[steps[0]] }"
        return (f"{name}.conv", f"{name}.bn") if name.endswith("conv") else (name, "")
    if stage == "stem":
        name = {"0": "conv1", "2": "conv2", "3": "conv3"}[steps[0]]
    else:
        name = f"{stage.replace('_', '')}.branch{int(steps[0][1:]) + 1}{f'.{steps[1]}' if steps[1] else ''}"
    return f"{name}.conv", f"{name}.bn"


def bn_inception(path: str) -> tuple[str, str]:
    """Of Cadene.

    Examples
    --------
    >>> bn_inception("inception_3c.0.b1.2"), bn_inception("stem.0.0")
    (('inception_3c_double_3x3_2', 'inception_3c_double_3x3_2_bn'), ('conv1_7x7_s2', 'conv1_7x7_s2_bn'))
    """
    stage, _, *steps = f"{path}..".split(".")
    if stage == "classifier":
        return "last_linear", ""
    if stage == "stem":
        name = {"0": "conv1_7x7_s2", "2": "conv2_3x3_reduce", "3": "conv2_3x3"}[steps[0]]
        return name, f"{name}_bn"
    branch = int(steps[0][1:]) + stage.endswith(("3c", "4e"))  # those two have no 1x1
    one, thrice = ("1x1",), ("3x3_reduce", "3x3")
    name = (one, thrice, _DOUBLE, ("", "pool_proj"))[branch][int(steps[1] or 0)]
    return f"{stage}_{name}", f"{stage}_{name}_bn"


def resnet(path: str) -> tuple[str, str]:
    """Of TorchVision and timm.

    Examples
    --------
    >>> resnet("layer2.0.0.b0.1"), resnet("layer2.0.0.b1")
    (('layer2.0.conv2', 'layer2.0.bn2'), ('layer2.0.downsample.0', 'layer2.0.downsample.1'))
    """
    stage, block, *steps = f"{path}..".split(".")
    if stage == "classifier":
        return "fc", ""
    if stage == "stem":
        return "conv1", "bn1"
    if steps[1] == "b1":
        return f"{stage}.{block}.downsample.0", f"{stage}.{block}.downsample.1"
    number = int(steps[2]) + 1
    return f"{stage}.{block}.conv{number}", f"{stage}.{block}.bn{number}"


def xception(path: str) -> tuple[str, str]:
    """Of timm.

    Examples
    --------
    >>> xception("middle.1.b0.2"), xception("exit.0.2")
    (('block5.rep.1.pointwise', 'block5.rep.2'), ('conv4.conv1', 'bn4'))
    """
    stage, block, *steps = f"{path}..".split(".")
    if stage == "classifier":
        return "fc", ""
    if stage == "stem":
        number = int(steps[0]) + 1
        return f"conv{number}", f"bn{number}"
    if stage == "exit":
        unit, second = divmod(int(steps[0]), 2)
        return f"conv{unit + 3}.{'pointwise' if second else 'conv1'}", f"bn{unit + 3}"
    name = f"block{int(block) + 4}" if stage == "middle" else stage
    if steps[0] == "b1":
        return f"{name}.skip", f"{name}.skipbn"
    late = stage != "block1"  # all others begin with a ReLU
    unit, second = divmod(int(steps[1]) - late, 2)
    place = 3 * unit + late
    return f"{name}.rep.{place}.{'pointwise' if second else 'conv1'}", f"{name}.rep.{place + 1}"


def cadene(port: Port) -> Port:
    """A port of timm's as Cadene has it: another name of the classifier."""
    return lambda path: ("last_linear", "") if path == "classifier" else port(path)
