"""The layouts as values: what each calls a block, and what the tensors of a layer.

Inside a block timm, Cadene and facenet-pytorch agree, but for Inception-v3, whose branches have names; what differs is
the name of the block, and that is data. TensorFlow's variables stand in scopes, which are the branches.
`repeat_1` is the B blocks in one file and the A blocks in another, so the names are those of a preset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from irnet.checkpoints import ports
from irnet.checkpoints.ports import Port
from irnet.models import PRESETS
from irnet.spec import Network

Kind = Literal["conv", "project", "linear", "bottleneck", "norm"]

_BN = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
TENSORS: Mapping[Kind, tuple[str, ...]] = {
    "conv": ("conv.weight", "conv.bias", *(f"bn.{name}" for name in _BN)),
    "project": ("weight", "bias"),
    "linear": ("weight", "bias"),
    "bottleneck": ("weight",),
    "norm": _BN,
}

Tensors = Mapping[Kind, Mapping[str, str]]  # ours below a unit -> theirs
_TORCH: Tensors = {kind: {name: f"{{layer}}.{name}" for name in names} for kind, names in TENSORS.items()}
_APART: Tensors = {  # where a convolution and its batch norm have names of their own
    "conv": {
        name: f"{{{'layer' if name.startswith('conv') else 'norm'}}}.{name.partition('.')[2]}"
        for name in TENSORS["conv"]
    },
    "linear": {name: f"{{layer}}.{name}" for name in TENSORS["linear"]},
}
_DENSE = {"weight": "{layer}/kernel", "bias": "{layer}/bias"}
_KERAS: Tensors = {
    "conv": {
        "conv.weight": "{layer}/kernel",
        "bn.bias": "{norm}/beta",
        "bn.running_mean": "{norm}/moving_mean",
        "bn.running_var": "{norm}/moving_variance",
    },
    "project": _DENSE,
    "linear": _DENSE,
}
_NUMBERED = {"weight": "layers/{layer}/vars/0", "bias": "layers/{layer}/vars/1"}
_KERAS_V3: Tensors = {
    "conv": {
        "conv.weight": "layers/{layer}/vars/0",
        "bn.bias": "layers/{norm}/vars/0",
        "bn.running_mean": "layers/{norm}/vars/1",
        "bn.running_var": "layers/{norm}/vars/2",
    },
    "project": _NUMBERED,
    "linear": _NUMBERED,
}
_MOMENTS = {"bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
_VARIABLES = {"weight": "{layer}/weights", "bias": "{layer}/biases"}
_TF_SLIM: Tensors = {
    "conv": {"conv.weight": "{layer}/weights"}
    | {f"bn.{ours}": f"{{layer}}/BatchNorm/{theirs}" for ours, theirs in _MOMENTS.items()},
    "project": _VARIABLES,
    "linear": _VARIABLES,
    "bottleneck": _VARIABLES,
    "norm": {ours: f"{{layer}}/{theirs}" for ours, theirs in _MOMENTS.items()},
}

Branches = Mapping[str, tuple[str, ...]]  # our stage -> their names of its branches, where they have some
Names = Mapping[str, str]  # our stage, or one step of its chain -> their name; {n}, {i}, {j} and {letter} number it

_BRANCHES_V3: Branches = (  # steps of one branch are numbered from 1
    dict.fromkeys(("mixed_5b", "mixed_5c", "mixed_5d"), ("branch1x1", "branch5x5", "branch3x3dbl", "branch_pool"))
    | {"mixed_6a": ("branch3x3", "branch3x3dbl")}
    | dict.fromkeys(
        ("mixed_6b", "mixed_6c", "mixed_6d", "mixed_6e"), ("branch1x1", "branch7x7", "branch7x7dbl", "branch_pool")
    )
    | {"mixed_7a": ("branch3x3", "branch7x7x3")}
    | dict.fromkeys(("mixed_7b", "mixed_7c"), ("branch1x1", "branch3x3", "branch3x3dbl", "branch_pool"))
)
_CHAIN = {
    "stem.0.0": "conv2d_1a",
    "stem.0.1": "conv2d_2a",
    "stem.0.2": "conv2d_2b",
    "stem.0.4": "conv2d_3b",
    "stem.0.5": "conv2d_4a",
}
_REDUCTIONS = {"reduction_a": "mixed_6a", "reduction_b": "mixed_7a", "block8": "block8"}
_V4_STAGES = ("stem", "inception_a", "reduction_a", "inception_b", "reduction_b", "inception_c")
_V4 = dict.fromkeys(_V4_STAGES, "features.{n}") | {"classifier": "last_linear"}
_AUXILIARY = {"aux.0.1": "AuxLogits.conv0", "aux.0.2": "AuxLogits.conv1", "aux.0.3": "AuxLogits.fc"}
_V2_BLOCKS = {"mixed_5b": "mixed_5b", "block_a": "repeat.{i}", "block_b": "repeat_1.{i}", "block_c": "repeat_2.{i}"}
_V2 = _CHAIN | _REDUCTIONS | _V2_BLOCKS | {"conv2d_7b": "conv2d_7b", "classifier": "classif"}
_FACENET_BLOCKS = {"block_a": "repeat_1.{i}", "block_b": "repeat_2.{i}", "block_c": "repeat_3.{i}"}
_FACENET_HEAD = {"embedding.0": "last_linear", "embedding.1": "last_bn", "classifier": "logits"}
_FACENET = _CHAIN | {"stem.0.6": "conv2d_4b"} | _REDUCTIONS | _FACENET_BLOCKS | _FACENET_HEAD
_V3_STEPS = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
_V3_STAGES = {stage: stage.capitalize() for stage in _BRANCHES_V3}
_V3_BODY = {f"stem.0.{i}": name for i, name in enumerate(_V3_STEPS) if name} | _V3_STAGES
_V3 = _V3_BODY | _AUXILIARY | {"classifier": "fc"}
_SLIM_V4 = {
    "stem.0.0": "Conv2d_1a_3x3",
    "stem.0.1": "Conv2d_2a_3x3",
    "stem.0.2": "Conv2d_2b_3x3",
    "stem.0.3": "Mixed_3a",
    "stem.0.4": "Mixed_4a",
    "stem.0.5": "Mixed_5a",
    "inception_a": "Mixed_5{letter}",
    "reduction_a": "Mixed_6a",
    "inception_b": "Mixed_6{letter}",
    "reduction_b": "Mixed_7a",
    "inception_c": "Mixed_7{letter}",
    "classifier": "Logits/Logits",
    "aux.0.1": "AuxLogits/Conv2d_1b_1x1",
    "aux.0.2": "AuxLogits/Conv2d_2a",
    "aux.0.3": "AuxLogits/Aux_logits",
}
_SLIM_SIDE = {"aux.0.1": "AuxLogits/Conv2d_1b_1x1", "aux.0.2": "AuxLogits/Conv2d_2a_5x5"}
_SLIM_V3 = _V3_BODY | _SLIM_SIDE | {"aux.0.3": "AuxLogits/Conv2d_2b_1x1", "classifier": "Logits/Conv2d_1c_1x1"}
_SLIM_RESNET = {name: _V3[name] for name in _CHAIN} | {
    "mixed_5b": "Mixed_5b",
    "block_a": "Repeat/block35_{j}",
    "reduction_a": "Mixed_6a",
    "block_b": "Repeat_1/block17_{j}",
    "reduction_b": "Mixed_7a",
    "block_c": "Repeat_2/block8_{j}",
    "block8": "Block8",
    "conv2d_7b": "Conv2d_7b_1x1",
    "classifier": "Logits/Logits",
    **_SLIM_SIDE,
    "aux.0.3": "AuxLogits/Logits",
    "1x1": "Conv2d_1x1",  # a branch that is one such convolution; elsewhere it is a branch's first step
}
_SLIM_FACENET = {"stem.0.6": "Conv2d_4b_3x3", "embedding.0": "Bottleneck", "embedding.1": "Bottleneck/BatchNorm"}
_SLIM_RENAMED = {  # where the code departs from its own way to name a branch's steps
    "InceptionV4/Mixed_3a/Branch_1/Conv2d_1a_3x3": "InceptionV4/Mixed_3a/Branch_1/Conv2d_0a_3x3",
    "InceptionV3/Mixed_5c/Branch_1/Conv2d_0a_1x1": "InceptionV3/Mixed_5c/Branch_1/Conv2d_0b_1x1",
    "InceptionV3/Mixed_5c/Branch_1/Conv2d_0b_5x5": "InceptionV3/Mixed_5c/Branch_1/Conv_1_0c_5x5",
    "InceptionV3/Mixed_6a/Branch_0/Conv2d_1a_3x3": "InceptionV3/Mixed_6a/Branch_0/Conv2d_1a_1x1",
    "InceptionV3/Mixed_6a/Branch_1/Conv2d_1a_3x3": "InceptionV3/Mixed_6a/Branch_1/Conv2d_1a_1x1",
    "InceptionV3/Mixed_7b/Branch_1/Conv2d_0c_3x1": "InceptionV3/Mixed_7b/Branch_1/Conv2d_0b_3x1",
}


def _scoped(scope: str, names: Names) -> dict[str, str]:
    """The same names inside a variable scope; "1x1" is the name of a step, not of a block."""
    return {ours: name if ours == "1x1" else f"{scope}/{name}" for ours, name in names.items()}


_UNUSED = ("AuxLogits.", "aux1.", "aux2.")  # keys of auxiliary heads, which a network here has only on request
_KERAS_NAMED = {
    "block_a": "block35_{j}_conv",
    "block_b": "block17_{j}_conv",
    "block_c": "block8_{j}_conv",
    "block8": "block8_{j}_conv",
    "conv2d_7b": "conv_7b",
    "classifier": "predictions",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One way to name tensors, and which presets have checkpoints named so.

    `naming` says by what a layer goes: "path", as here; "place", the block's name and the place in it; "scope", the
    same as TensorFlow's code nests its variables; "created" and "depth", a number for what has no name of its own, in
    the order of making or, as Keras 3 lists layers, by their distance from the output; "author", as whoever wrote a
    network that was opened calls them.
    """

    name: str
    title: str  # whose layout it is
    presets: Mapping[str, Names] = field(hash=False)
    tensors: Tensors = field(default_factory=lambda: _TORCH, hash=False)
    naming: Literal["path", "place", "scope", "created", "depth", "author"] = "place"
    branches: Mapping[str, Branches] = field(default_factory=dict, hash=False)  # by preset
    renamed: Mapping[str, str] = field(default_factory=dict, hash=False)  # layers whose name is no regular one
    unused: tuple[str, ...] = ()  # beginnings of keys that a file may have and nothing here takes
    released: tuple[int, ...] = (1000,)  # classes of the files that were published
    only_released: bool = False  # a file of other classes is taken for one of another layout with the same keys
    background: bool = False  # a classifier of 1001 rows has the background in row 0
    channels_last: bool = False  # kernels are (H, W, in, out) and matrices (in, out)
    classifies_by_convolution: tuple[str, ...] = ()  # presets whose classifier is stored as a 1x1 convolution
    ports: Mapping[str, Port] = field(default_factory=dict, hash=False)  # by preset, where a function has the names
    outputs: Mapping[str, Names] = field(default_factory=dict, hash=False)  # by preset: layers without weights
    remarks: Mapping[str, str] = field(default_factory=dict, hash=False)  # by preset: what a file named so implies

    def has_heads(self, network: Network) -> bool:
        """Whether it has names for all auxiliary heads of a network."""
        if self.naming == "path" or network.name in self.ports:
            return True
        return all(f"{one.stage.name}.0.1" in self.presets[network.name] for one in network.auxiliary)

    def tensors_of(self, preset: str) -> Tensors:
        """How it names the tensors of a preset's layers."""
        return _APART if preset in self.ports else self.tensors

    def stored_shape(self, preset: str, key: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape in which a file has a tensor of a preset; `key` and `shape` are ours.

        Examples
        --------
        >>> LAYOUTS["tf_slim"].stored_shape("inception_v3.tf_slim", "classifier.weight", (1000, 2048))
        (1, 1, 2048, 1000)
        """
        if not self.channels_last or len(shape) < 2:
            return shape
        classifies = key in ("classifier.weight", "aux.0.3.weight")
        window = (1, 1) if classifies and preset in self.classifies_by_convolution else shape[2:]
        return (*window, shape[1], shape[0])


_TIMM = {"inception_v4.tf_slim": _V4, "inception_resnet_v2.tf_slim": _V2}
_CADENE = {
    "inception_v4.tf_slim": _V4,
    "inception_resnet_v2.tf_slim": _V2 | {"classifier": "last_linear"},
    "inception_v3.torchvision": _V3 | {"classifier": "last_linear"},
}
_KERAS_OUTPUTS = {  # what joins the branches, or adds them
    "inception_v3.tf_slim": {stage: f"mixed{i}" for i, stage in enumerate(sorted(_BRANCHES_V3))},
    "inception_resnet_v2.tf_slim": {
        "block_a": "block35_{j}",
        "block_b": "block17_{j}",
        "block_c": "block8_{j}",
        "block8": "block8_{j}",
    },
}
_COUNTED = "its averages count padding, as those of TorchVision and timm do"
_LEFT_OUT = {"inception_v3.tf_slim": "its averages leave padding out, as those of TF-slim and Keras do"}
_FID = (
    "its averages leave padding out, as those of pytorch-fid do; that code takes a maximum instead of the average "
    "of Mixed_7c, which this network does not"
)
_OF_TORCHVISION = {
    "googlenet.torchvision": ports.googlenet,
    "resnet_50.torchvision": ports.resnet,
    "resnext_50.torchvision": ports.resnet,
}
LAYOUTS: Mapping[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(name="irnet", title="irnet", presets={name: {} for name in PRESETS}, naming="path", released=()),
        Layout(
            name="timm",
            title="timm",
            presets=_TIMM | {"xception.timm": {}},
            ports={"xception.timm": ports.xception},
            background=True,
        ),
        Layout(
            name="cadene",
            title="Cadene",
            presets=_CADENE | {"bn_inception.cadene": {}, "xception.timm": {}},
            ports={"bn_inception.cadene": ports.bn_inception, "xception.timm": ports.cadene(ports.xception)},
            branches={"inception_v3.torchvision": _BRANCHES_V3},
            unused=_UNUSED,
            released=(1001,),
            background=True,
            remarks={"inception_v3.torchvision": _COUNTED},
        ),
        Layout(
            name="torchvision",
            title="TorchVision and timm",
            presets={"inception_v3.torchvision": _V3} | {name: {} for name in _OF_TORCHVISION},
            ports=_OF_TORCHVISION,
            branches={"inception_v3.torchvision": _BRANCHES_V3},
            unused=_UNUSED,
            remarks={"inception_v3.torchvision": _COUNTED},
        ),
        Layout(
            name="fid",
            title="pytorch-fid",
            presets={"inception_v3.tf_slim": _V3_BODY | {"classifier": "fc"}},
            branches={"inception_v3.tf_slim": _BRANCHES_V3},
            released=(1008,),
            only_released=True,
            remarks={"inception_v3.tf_slim": _FID},
        ),
        Layout(
            name="facenet_pytorch",
            title="facenet-pytorch",
            presets={"inception_resnet_v1.facenet": _FACENET},
            released=(8631, 10575),
        ),
        Layout(
            name="keras",
            title="Keras .h5",
            presets={
                "inception_resnet_v2.tf_slim": _KERAS_NAMED,
                "inception_v3.tf_slim": {"classifier": "predictions"},
            },
            tensors=_KERAS,
            naming="created",
            channels_last=True,
            outputs=_KERAS_OUTPUTS,
            remarks=_LEFT_OUT,
        ),
        Layout(
            name="keras_v3",
            title="Keras 3",
            presets={"inception_resnet_v2.tf_slim": {}, "inception_v3.tf_slim": {}},
            tensors=_KERAS_V3,
            naming="depth",
            channels_last=True,
            remarks=_LEFT_OUT,
        ),
        Layout(
            name="tf_slim",
            title="TF-slim and facenet",
            presets={
                "inception_v4.tf_slim": _scoped("InceptionV4", _SLIM_V4),
                "inception_resnet_v2.tf_slim": _scoped("InceptionResnetV2", _SLIM_RESNET),
                "inception_v3.tf_slim": _scoped("InceptionV3", _SLIM_V3),
                "inception_resnet_v1.facenet": _scoped("InceptionResnetV1", _SLIM_RESNET | _SLIM_FACENET)
                | {"classifier": "Logits"},
            },
            tensors=_TF_SLIM,
            naming="scope",
            renamed=_SLIM_RENAMED,
            unused=("InceptionV4/AuxLogits/", "InceptionResnetV2/AuxLogits/", "InceptionV3/AuxLogits/"),
            released=(1001, 8631, 10575),
            background=True,
            channels_last=True,
            classifies_by_convolution=("inception_v3.tf_slim",),
            remarks=_LEFT_OUT,
        ),
        Layout(name="author", title="its author", presets={}, naming="author"),
    )
}


def layouts_of(network: Network, *, any_classes: bool = False) -> tuple[Layout, ...]:
    """Our own layout, and those in which checkpoints of this network's preset exist.

    Once a stem, a number of blocks or a factorisation was edited by hand, no released name says which layer is meant:
    only our own layout is left. With `any_classes`, also those that only other numbers of classes were released in.

    Examples
    --------
    >>> from irnet.models import network
    >>> [layout.name for layout in layouts_of(network("inception_v4.tf_slim"))]
    ['irnet', 'timm', 'cadene', 'tf_slim']
    """
    released = network.name in PRESETS and all(
        edit.is_knob or edit.what in ("filters", "kernel", "scale") for edit in network.edits
    )
    opened = bool(network.origin and network.origin.keys)
    return tuple(
        found
        for found in LAYOUTS.values()
        if found.naming == "path"
        or (opened and found.naming == "author")
        or (
            (released and network.name in found.presets and found.has_heads(network))
            and (any_classes or not found.only_released or network.head.classes in found.released)
        )
    )
