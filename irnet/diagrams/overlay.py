"""Overlays: fills that say how much a box holds, and arrows as wide as what runs along them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from math import prod
from types import MappingProxyType
from typing import Literal, get_args

from irnet.diagrams.graph_builder import Style
from irnet.diagrams.photograph import slots_in
from irnet.diagrams.theme import DARK, LIGHT
from irnet.spec import Network, Shape
from irnet.tree import BYTES, Box, resolve
from irnet.units import exact, short

Overlay = Literal["operation", "parameters", "MACs", "activation memory", "receptive field", "photograph"]
OVERLAYS: tuple[Overlay, ...] = get_args(Overlay)
PHOTOGRAPH: Overlay = "photograph"
Edges = Literal["alike", "channels", "bytes", "MACs"]
EDGES: tuple[Edges, ...] = get_args(Edges)
THIN, THICK = 0.8, 6.0  # points

_AMOUNT: Mapping[str, tuple[Callable[[Box], int], str]] = MappingProxyType(
    {
        "parameters": (lambda box: box.params, ""),
        "MACs": (lambda box: box.macs, "MAC"),
        "activation memory": (lambda box: box.activation_bytes, "B"),
        "receptive field": (lambda box: max(box.rows[-1].field.size), "px"),
    }
)
# Light to heavy, in light and in dark drawings; text keeps a contrast of 4.5 to 1 on each.
_STEPS = ("#ffffff", "#fdf1d8", "#fadfa6", "#f5c56b", "#eca63a")
_DARK_STEPS = ("#0e1117", "#2b2411", "#47390f", "#634c0a", "#7d5d00")
_INKS = ("ink", "faint", "line", "shortcut", "changed", "only", "ghost", "refused", "refused_fill", "paper")
_BOUNDS = (0.0, 0.02, 0.08, 0.25, 1.0)  # of the largest amount: the upper end of each step


def style(network: Network, shown: Collection[str], overlay: Overlay = "operation", edges: Edges = "alike") -> Style:
    """How the boxes and arrows of `network` are painted in a light drawing.

    Parameters
    ----------
    shown
        The paths of the boxes and bars that are drawn: the steps of a scale end with the largest of them.
    overlay
        What the fills stand for. "operation" leaves the theme's, and so does "photograph", which leaves room in every
        box for a picture.
    edges
        What the width of an arrow stands for: channels or bytes (float32) of one image that run along it, or the
        MACs of the box that it leaves.

    Raises
    ------
    ValueError
        For an unknown overlay or kind of edges.

    Examples
    --------
    >>> from irnet.models import network
    >>> style(network("inception_v4"), ["stem", "inception_a"], "receptive field").legend[-1]
    ('#eca63a', 'up to 183 px')
    """
    if overlay not in OVERLAYS:
        raise ValueError(f"no overlay is called {overlay!r}; they are {', '.join(OVERLAYS)}")
    if edges not in EDGES:
        raise ValueError(f"arrows can't stand for {edges!r}; choose one of {', '.join(EDGES)}")
    widths, arrows = _widths(network, shown, edges)
    if overlay in ("operation", "photograph"):
        slots = slots_in(network, shown) if overlay == PHOTOGRAPH else {}
        return Style(widths=widths, arrows=arrows, slots=slots)
    amount, unit = _AMOUNT[overlay]
    amounts = {path: amount(box) for path, box in resolve(network).items() if path in shown}
    steps: dict[int, str] = {}  # fills by the largest amount that has them; of steps with the same end the first
    for part, fill in zip(_BOUNDS, _STEPS, strict=True):
        steps.setdefault(int(max(amounts.values(), default=0) * part), fill)
    legend = [(fill, f"up to {_amount(bound, unit)}" if bound else "none") for bound, fill in steps.items()]
    if overlay == "receptive field":
        legend = legend[1:]  # of none there is none
    if legend:
        legend[0] = (legend[0][0], f"{overlay}: {legend[0][1]}")
    painted = {path: next(fill for bound, fill in steps.items() if value <= bound) for path, value in amounts.items()}
    return Style(fills=painted, widths=widths, legend=tuple(legend), arrows=arrows)


def _amount(amount: int, unit: str) -> str:
    return f"{exact(amount)} {unit}" if unit == "px" else short(amount, unit)


def dark_for_light() -> dict[str, str]:
    """The dark theme's colour for every colour of the light one; kinds that share one colour share the other too."""
    pairs = dict(zip(_STEPS, _DARK_STEPS, strict=True))
    pairs |= {getattr(LIGHT, name): getattr(DARK, name) for name in _INKS}
    for kind, paint in LIGHT.paints.items():
        pairs |= {paint.fill: DARK.paints[kind].fill, paint.border: DARK.paints[kind].border}
    return pairs


def darken(svg: bytes) -> bytes:
    """A light drawing in the dark theme's colours, without laying it out again."""
    pairs = {light.encode(): dark.encode() for light, dark in dark_for_light().items()}
    return re.sub(rb"#[0-9a-f]{6}", lambda found: pairs.get(found[0], found[0]), svg)


def _widths(network: Network, shown: Collection[str], edges: Edges) -> tuple[dict[str, float], str]:
    """Points of the arrows that leave what is shown, by its path, and what they stand for in words.

    The bar at a block's input passes on what it is given, and does no work.
    """
    if edges == "alike":
        return {}, ""
    shapes: dict[str, Shape] = {"input": network.input_shape}
    macs = {"input": 0}
    for path, box in resolve(network).items():
        shapes[path], macs[path] = box.out_shape, box.macs
        if box.level == "block":
            shapes[f"{path}.input"], macs[f"{path}.input"] = box.in_shape, 0
    if edges == "MACs":
        amount, unit = macs, "MAC"
    else:
        amount = {path: shape[0] if edges == "channels" else BYTES * prod(shape) for path, shape in shapes.items()}
        unit = "" if edges == "channels" else "B"
    amount = {path: value for path, value in amount.items() if path in shown}
    largest = max(amount.values(), default=0) or 1
    widths = {path: round(THIN + (THICK - THIN) * value / largest, 1) for path, value in amount.items()}
    return widths, f"arrows: {edges}, the widest {short(largest, unit)}"
