"""What every channel of a box shows of one picture: its tensors, branch by branch and term by term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from irnet.experiments.channels import Maps
from irnet.experiments.forward_cache import BatchNormMode
from irnet.experiments.passes import Array, Start, begin, check_start, last_unit, run, to_array
from irnet.runtime.build import Model
from irnet.runtime.capture import capture, capture_inputs
from irnet.spec import Chain, Fork, Network, Residual
from irnet.tree import resolve


@dataclass(frozen=True, slots=True)
class Tap:
    """One tensor at a box: what a module puts out, or is given."""

    name: str  # the last part of its path: "b0", "project"; "x" and "output" for what goes in and comes out
    what: str
    module: str
    given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureMaps:
    """The tensors at one box of one network, for one picture."""

    network: str
    path: str
    weights: str
    batch_norm: BatchNormMode
    tensors: tuple[Maps, ...]  # in the order they are computed, the box's own output last

    def tensor(self, name: str = "") -> Maps:
        """The tensor with this name; without one, what the box puts out.

        Raises
        ------
        KeyError
            Naming the unknown tensor and those that are there.
        """
        found = {maps.name: maps for maps in self.tensors}
        if name and name not in found:
            raise KeyError(f"{self.path} has no tensor {name!r}; it has {', '.join(found)}")
        return found[name] if name else self.tensors[-1]


def taps(network: Network, path: str) -> tuple[Tap, ...]:
    """The tensors at a box, in the order they are computed; its own output is the last.

    Branch by branch before a concatenation; input, residual and sum at an addition; the parts of a convolution.

    Raises
    ------
    KeyError
        Naming an unknown box and near ones.

    Examples
    --------
    >>> from irnet.models import network
    >>> [tap.name for tap in taps(network("inception_resnet_v2"), "block_b.0")]
    ['x', 'b0', 'b1', 'concat', 'project', 'scale', 'add', 'output']
    >>> [tap.name for tap in taps(network("inception_v4"), "stem.0.0")]
    ['conv', 'bn', 'relu']
    """
    box = resolve(network)[path]
    if box.op in ("concat", "add") and box.parent and path.rpartition(".")[2] in ("concat", "add"):
        inside = taps(network, box.parent)
        return inside if box.op == "concat" else tuple(tap for tap in inside if tap.name in _AT_SUM)
    if box.level == "stage":
        return (Tap("output", box.title, last_unit(network, path)),)
    ends = [child.rpartition(".")[2] for child in box.children]
    if ends[-1:] == ["add"]:
        return tuple(_of_residual(network, path))
    if ends[-1:] == ["concat"]:
        return (*_children(network, box.children[:-1]), Tap("concat", resolve(network)[box.children[-1]].title, path))
    return tuple(_children(network, box.children)) or (Tap("output", box.title, path),)


_AT_SUM = ("x", "project", "scale", "add", "bn", "output")


def _children(network: Network, paths: tuple[str, ...]) -> Iterator[Tap]:
    for path in paths:
        yield Tap(path.rpartition(".")[2], resolve(network)[path].title, path)


def _of_residual(network: Network, path: str) -> Iterator[Tap]:
    box = resolve(network)[path]
    body, *parts = box.children
    yield Tap("x", "the input of the block", path, given=True)
    inside = taps(network, body)
    yield from inside if inside[-1].name == "concat" else (Tap("body", resolve(network)[body].title, body),)
    for tap in _children(network, tuple(parts)):
        yield Tap("add", "the sum, before anything else", tap.module) if tap.name == "add" else tap
    if residual_at(network, path).norm:
        yield Tap("bn", "batch norm of the sum", f"{path}.bn")
    yield Tap("output", "the output of the block", path)


def residual_at(network: Network, path: str) -> Residual:
    """The residual node whose box is `path`.

    Raises
    ------
    ValueError
        If the box is of another kind.

    Examples
    --------
    >>> from irnet.models import network
    >>> residual_at(network("inception_resnet_v2.tf_slim"), "block_b.3").scale
    0.1
    """
    name, _, *parts = path.split(".")
    node = next(stage.node for stage in network.stages if stage.name == name)
    for part in parts:
        match node:
            case Chain(nodes):
                node = nodes[int(part)]
            case Fork(branches):
                node = branches[int(part.removeprefix("b"))]
            case Residual(body):
                node = body
    if not isinstance(node, Residual):
        raise ValueError(f"{path} of {network.name} is no residual block")
    return node


def feature_maps(
    model: Model,
    image: Tensor,
    path: str,
    *,
    batch_norm: BatchNormMode = "running",
    start: Start | None = None,
) -> FeatureMaps:
    """The tensors at the box `path`, for one picture.

    Parameters
    ----------
    model
        On any device but "meta"; it runs no further than the box.
    image
        (1, C, H, W) in [-1, 1], of the network's input size.
    path
        Of any box, as drawn: a stage, a block, a branch, a step, "block_b.0.add".
    batch_norm
        "running": with the stored statistics; "batch": with those of this image.
    start
        Of an earlier pass of the same picture, so that what comes before it does not run again.

    Raises
    ------
    ValueError
        For an image of another size, an unknown mode, batch statistics over one value, or a device without numbers.
    KeyError
        For an unknown box, with near ones.

    Examples
    --------
    >>> import torch
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> model = build(network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> found = feature_maps(model, torch.zeros(1, 3, 96, 96), "block_a.0")
    >>> [(maps.name, maps.values.shape) for maps in found.tensors][-2:]
    [('add', (256, 9, 9)), ('output', (256, 9, 9))]
    """
    start = start or check_start(model, image, batch_norm)
    wanted = taps(model.network, path)
    return FeatureMaps(
        network=model.network.label,
        path=path,
        weights=model.origin,
        batch_norm=batch_norm,
        tensors=tuple(tap_tensors(model, start, wanted, last_unit(model.network, path), batch_norm)),
    )


def tap_tensors(
    model: Model, start: Start, wanted: tuple[Tap, ...], unit: str, batch_norm: BatchNormMode
) -> Iterator[Maps]:
    """The tensors of these taps, which lie in `unit`."""
    before = begin(model, start, unit, batch_norm)
    given = [tap.module for tap in wanted if tap.given]
    made = [tap.module for tap in wanted if not tap.given]
    with (
        capture_inputs(model, *given, keep=to_array) as inputs,
        capture(model, *made, keep=to_array) as outputs,
    ):
        run(model, before, unit, batch_norm)
    for tap in wanted:
        values: Array = (inputs if tap.given else outputs)[tap.module]
        yield Maps(name=tap.name, what=tap.what, values=values.reshape(*values.shape, *(1,) * (3 - values.ndim)))
