"""What a layer that has no node of its own puts out, and what it costs."""

from __future__ import annotations

from keyword import iskeyword
from math import prod
from typing import Any, cast

from irnet.spec import ACTIVATIONS, Edges, Layer, Shape
from irnet.units import typed

COMPUTED = "computed"  # the setting that names what is computed from weights, or is a number of nobody's
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # what a norm owns that is no parameter
# what keeps to its own pixel, or is said to: the statistics of a norm are not counted as what it sees
_LOCAL = (
    *ACTIVATIONS,
    "identity",
    "batch_norm",
    "scale",
    "dropout",
    "local_response_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "softmax",
    "leaky_relu",
    "prelu",
    "elu",
    "hardtanh",
    "pad",
    "add",
    "sub",
    "mul",
    "div",
    "slice",
    "getitem",
    "split",
    "chunk",
    "concat",
)


def layer_counts(layer: Layer, given: Shape) -> tuple[Shape, int, int]:
    """The shape that a layer puts out, its parameters and its multiply-accumulates, for one picture.

    Examples
    --------
    >>> layer_counts(Layer("linear", (("features", 10), ("bias", True))), (512, 7, 7))
    ((10, 1, 1), 250890, 250880)
    >>> layer_counts(Layer("batch_norm"), (64, 8, 8)), layer_counts(Layer("global_pool"), (64, 8, 8))
    (((64, 8, 8), 128, 0), ((64, 1, 1), 0, 0))
    """
    if layer.out_shape is None and layer.kind == "linear":
        features, inputs = layer.setting("features"), prod(given)
        assert isinstance(features, int)
        return (features, 1, 1), features * (inputs + bool(layer.setting("bias"))), features * inputs
    if layer.out_shape is None and layer.kind == "adaptive_avg_pool2d":
        sides: Any = layer.setting("output_size")
        high, wide = sides
        return (given[0], high, wide), 0, 0
    shape = layer.out_shape or _follows(layer, given)
    if layer.kind == "batch_norm" and not layer.weights:
        return shape, 2 * given[0], 0
    numbers = sum(prod(sides) for role, sides in layer.weights if role not in STATISTICS)
    return shape, numbers if layer.params is None else layer.params, layer.macs


def _follows(layer: Layer, given: Shape) -> Shape:
    """The shape that follows from the kind; that of the input, where none does."""
    channels, height, width = given
    match layer.kind:
        case "global_pool":
            return channels, 1, 1
        case "flatten":
            return prod(given), 1, 1
        case "pad":
            top, bottom, left, right = pad_edges(layer)
            return channels, height + top + bottom, width + left + right
        case _:
            return given


def check_makeable(layer: Layer) -> None:
    """Refuse a layer that reads what is computed from weights.

    Raises
    ------
    ValueError
        Naming the layer and what it reads.
    """
    computed = layer.setting(COMPUTED)
    if isinstance(computed, tuple):
        what = " and ".join(map(str, computed))
        raise ValueError(
            f"the {what} of {typed(layer.kind)} is computed while it runs, which can't be built or written"
        )


def pad_edges(layer: Layer) -> Edges:
    """Pixels that a layer of the kind "pad" adds at the top, bottom, left and right.

    Examples
    --------
    >>> pad_edges(Layer("pad", (("sides", (0, 1)),)))
    (0, 0, 1, 1)
    """
    sides = cast("tuple[int, ...]", layer.setting("sides"))
    top, bottom, left, right = (sides[0], sides[0], sides[1], sides[1]) if len(sides) == 2 else sides
    return top, bottom, left, right


def is_name(text: str) -> bool:
    """Whether a stranger's text can stand in code: a plain name, and none that Python or a library keeps to itself.

    Examples
    --------
    >>> [is_name(text) for text in ("layer_norm", "_print", "class", "x; y", "")]
    [True, False, False, False, False]
    """
    return text.isascii() and text.isidentifier() and not iskeyword(text) and not text.startswith("_")


def sees_no_more(layer: Layer) -> bool:
    """Whether a pixel that it puts out depends on one pixel of its input; of what is not known it depends on all."""
    return layer.kind in _LOCAL
