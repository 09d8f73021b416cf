"""The networks as data, named as timm names them: architecture.tag."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from irnet.models import bn_inception, googlenet, inception_resnet, inception_v3, inception_v4, resnet, xception
from irnet.models.recipe import Recipe, knobs, no_knob
from irnet.spec import Edit, Network, architecture_of
from irnet.units import typed, what_is

PRESETS: Mapping[str, Recipe] = MappingProxyType(
    {
        "inception_v4.paper": inception_v4.PAPER,
        "inception_v4.tf_slim": inception_v4.TF_SLIM,
        "inception_resnet_v1.paper": inception_resnet.V1_PAPER,
        "inception_resnet_v1.facenet": inception_resnet.V1_FACENET,
        "inception_resnet_v2.paper": inception_resnet.V2_PAPER,
        "inception_resnet_v2.tf_slim": inception_resnet.V2_SLIM,
        "inception_v3.paper": inception_v3.PAPER,
        "inception_v3.tf_slim": inception_v3.TF_SLIM,
        "inception_v3.torchvision": inception_v3.TORCHVISION,
        "bn_inception.paper": bn_inception.PAPER,
        "bn_inception.cadene": bn_inception.CADENE,
        "googlenet.paper": googlenet.PAPER,
        "googlenet.torchvision": googlenet.TORCHVISION,
        "resnet_50.torchvision": resnet.RESNET_50,
        "resnext_50.torchvision": resnet.RESNEXT_50,
        "xception.timm": xception.TIMM,
    }
)


ARCHITECTURES: Mapping[str, str] = MappingProxyType(
    {
        "inception_v4": "Inception-v4",
        "inception_resnet_v1": "Inception-ResNet-v1",
        "inception_resnet_v2": "Inception-ResNet-v2",
        "inception_v3": "Inception-v3",
        "bn_inception": "BN-Inception",
        "googlenet": "GoogLeNet",
        "resnet_50": "ResNet-50",
        "resnext_50": "ResNeXt-50",
        "xception": "Xception",
    }
)
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(  # the architectures, in the order in which they are listed
    {
        "the paper's": ("inception_v4", "inception_resnet_v1", "inception_resnet_v2"),
        "the line before": ("inception_v3", "bn_inception", "googlenet"),
        "neighbour": ("resnet_50", "resnext_50", "xception"),
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "paper": "Paper",
        "inception_v4.tf_slim": "Released: TF-slim, timm",
        "inception_resnet_v1.facenet": "Released: facenet",
        "inception_resnet_v2.tf_slim": "Released: TF-slim, timm, Keras",
        "inception_v3.tf_slim": "Released: TF-slim, Keras",
        "inception_v3.torchvision": "Released: TorchVision, timm",
        "bn_inception.cadene": "Released: Cadene",
        "torchvision": "Released: TorchVision",
        "xception.timm": "Released: timm, Cadene",
    }
)


def group_of(name: str) -> str:
    """The group that a preset or an architecture is in: the family of the paper, the line before it, or a neighbour.

    Examples
    --------
    >>> [group_of(name) for name in ("inception_v4.tf_slim", "googlenet", "resnet_50")]
    ["the paper's", 'the line before', 'neighbour']
    """
    return next(group for group, names in GROUPS.items() if architecture_of(name) in names)


def source_title(name: str) -> str:
    """Where the network of a preset is defined, as people say it.

    Examples
    --------
    >>> source_title("inception_v4.paper"), source_title("inception_v4.tf_slim")
    ('Paper', 'Released: TF-slim, timm')
    """
    return SOURCES.get(name) or SOURCES[name.partition(".")[2]]


def title(name: str) -> str:
    """The name of a preset as people say it; what a label says of its edits stays as it is.

    Examples
    --------
    >>> title("inception_resnet_v2.paper"), title("inception_v4.tf_slim (a=6)")
    ('Inception-ResNet-v2 (paper)', 'Inception-v4 (TF-slim, timm) (a=6)')
    """
    preset, space, edits = name.partition(" ")
    architecture, _, tag = preset.partition(".")
    if architecture not in ARCHITECTURES:  # an opened network has its author's name
        return f"{preset.partition(':')[0]}{space}{edits}"
    source = "paper" if tag == "paper" else source_title(preset).partition(": ")[2]
    return f"{ARCHITECTURES[architecture]} ({source}){space}{edits}"


_PROJECTS = {  # what may stand after an architecture's name, to who has it so
    "keras": "Keras",
    "slim": "TF-slim",
    "tensorflow": "TF-slim",
    "timm": "timm",
    "tf_in1k": "timm",
    "tf_adv_in1k": "timm",
    "tf_ens_adv_in1k": "timm",
    "tv_in1k": "timm",
    "gluon_in1k": "timm",
    "torchvision": "TorchVision",
    "pytorch": "PyTorch",
    "cadene": "Cadene",
    "facenet_pytorch": "facenet-pytorch",
}
_BARE = {"inception_v3": "inception_v3.tf_slim"}  # what a bare architecture means, where it is not its `.paper`
_NETWORKS = {  # who has the released network of an architecture, by preset
    "inception_v4.tf_slim": ("TF-slim", "timm", "Cadene"),
    "inception_resnet_v1.facenet": ("facenet-pytorch",),
    "inception_resnet_v2.tf_slim": ("TF-slim", "timm", "Keras", "Cadene"),
    "inception_v3.tf_slim": ("TF-slim", "Keras"),
    "inception_v3.torchvision": ("TorchVision", "timm", "Cadene", "PyTorch"),
    "bn_inception.cadene": ("Cadene",),
    "googlenet.torchvision": ("TorchVision", "timm", "PyTorch"),
    "resnet_50.torchvision": ("TorchVision", "timm", "PyTorch"),
    "resnext_50.torchvision": ("TorchVision", "timm", "PyTorch"),
    "xception.timm": ("timm", "Cadene"),
}


def _released_as(name: str) -> str | None:
    """The preset of a network that is named as a project has it: "inception_resnet_v2.keras"."""
    architecture, _, tag = name.partition(".")
    holders = (preset for preset, who in _NETWORKS.items() if _PROJECTS.get(tag) in who)
    return next((preset for preset in holders if preset.partition(".")[0] == architecture), None)


def full_name(name: str) -> str:
    """The preset that `name` means: itself, or a bare architecture's `.paper`, else its only one; of v3 its `.tf_slim`.

    Raises
    ------
    ValueError
        Naming the unknown name, near matches and all presets.

    Examples
    --------
    >>> full_name("inception_v4"), full_name("inception_v3")
    ('inception_v4.paper', 'inception_v3.tf_slim')
    """
    alike = [preset for preset in PRESETS if architecture_of(preset) == name]
    for candidate in (name, _BARE.get(name, f"{name}.paper"), *alike):
        if candidate in PRESETS:
            return candidate
    near = get_close_matches(name, PRESETS, n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    if released := _released_as(name):
        hint = f"; the network that {_PROJECTS[name.partition('.')[2]]} has is {released}."
    raise ValueError(f"no network is called '{typed(name)}'{hint} All names: {', '.join(PRESETS)}")


def network(name: str, /, **changes: Any) -> Network:
    """The network of a preset, with its knobs changed where asked; `irnet.network` also edits places.

    Parameters
    ----------
    name
        A key of `PRESETS`, or a bare architecture name.
    **changes
        Knobs of the preset's recipe, such as `classes`, `dropout`, `input_size` (pixels, or (height, width)).

    Raises
    ------
    ValueError
        For an unknown name or knob (with near matches), or a value outside its limits.

    Examples
    --------
    >>> network("inception_v4", a=6).stages[1].repeat
    6
    """
    full = full_name(name)
    return network_of_recipe(full, edit_recipe(full, changes))


_READERS: deque[Callable[[object], Network | None]] = deque(maxlen=4)


def read_also(reader: Callable[[object], Network | None]) -> None:
    """Let `as_network` take what `reader` makes a network of; it gives None for anything else.

    What lies higher than the presets, as the tracing of a module, is put in from there.
    """
    _READERS.append(reader)


def as_network(given: object, /) -> Network:
    """The network that is meant: itself, that of a preset's name, that of a built model, or what `read_also` reads.

    Raises
    ------
    ValueError
        For an unknown name, or anything that is no network.

    Examples
    --------
    >>> as_network("inception_v4").label
    'inception_v4.paper'
    >>> as_network(None)
    Traceback (most recent call last):
    ValueError: None is no network: give the name of one, as "inception_v4", or what irnet.network("inception_v4") gives
    """
    if isinstance(given, str):
        return network(given)
    found = getattr(given, "network", given)  # a built model knows its own
    if not isinstance(found, Network):
        found = next(filter(None, (read(found) for read in _READERS)), found)
    if not isinstance(found, Network):
        hint = 'give the name of one, as "inception_v4", or what irnet.network("inception_v4") gives'
        raise ValueError(f"{what_is(given)} is no network: {hint}")
    return found


def recipe_of(network: Network) -> Recipe:
    """The recipe of a network that was made from a preset, with its knobs; edits of places are no knobs.

    Raises
    ------
    ValueError
        If the network is not made of a preset: one that was opened has no knobs.
    """
    knob_edits = (edit for edit in network.edits if edit.is_knob)
    return edit_recipe(network.name, {edit.what: edit.value for edit in knob_edits})


def edit_recipe(name: str, changes: Mapping[str, Any]) -> Recipe:
    """The recipe of a preset with `changes` to its knobs.

    Raises
    ------
    ValueError
        For an unknown knob or a value outside its limits.
    """
    if name not in PRESETS:
        raise ValueError(f"{name} is no preset, so it has no knobs")
    preset = PRESETS[name]
    have = knobs(preset)
    for knob in changes:
        if knob not in have:
            raise ValueError(f"{name} has {no_knob(preset, knob)}")
    try:
        return replace(preset, **changes)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def network_of_recipe(name: str, recipe: Recipe) -> Network:
    """The network of a recipe, labelled with the knobs that differ from the preset of that name.

    Examples
    --------
    >>> network_of_recipe("inception_v4.paper", edit_recipe("inception_v4.paper", {"a": 6, "b": 7})).label
    'inception_v4.paper (a=6)'
    """
    have = knobs(PRESETS[name])
    edits = (Edit("", knob, value) for knob, value in knobs(recipe).items() if value != have[knob])
    return recipe.network(name, tuple(edits))
