"""One palette for diagrams, charts and tables: an operation has one colour everywhere, and never colour alone.

Hues follow Okabe and Ito's colour-blind safe set; borders repeat in line style what the fill says in colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from irnet.spec import ACTIVATIONS, Kernel, pair

Kind = Literal[
    "pointwise",
    "square",
    "factorised",
    "linear",
    "pool",
    "concat",
    "sum",
    "inception",
    "residual",
    "reduction",
    "branch",
    "norm",
    "relu",
    "other",
    "grouped",
    "product",
    "operations",
    "window",
    "normalization",
    "activation",
    "joined",
    "added",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

NAMES: dict[Kind, str] = {
    "pointwise": "1x1 convolution",
    "square": "3x3 or 5x5 convolution",
    "factorised": "1xn or nx1 convolution",
    "linear": "linear, no ReLU",
    "pool": "pooling",
    "concat": "concatenation",
    "sum": "scaling and sum",
    "inception": "Inception blocks: concatenation only",
    "residual": "residual blocks: input + scale x residual",
    "reduction": "reduction: halves the grid, pools beside convolutions",
    "branch": "branch of several steps",
    "norm": "batch norm",
    "relu": "ReLU",
    "other": "",  # says what it is
    "grouped": "convolution in groups, or of each channel alone",
    "product": "product of branches",
    "operations": "operations that are no branches",
    "window": "convolution with a window",
    "normalization": "normalization",
    "activation": "activation",
    "joined": "blocks whose branches are concatenated",
    "added": "blocks whose branches are added",
}
# What networks of others have beside the paper's: painted alike, and a legend that has both says the wider word.
WIDER: dict[Kind, Kind] = {
    "square": "window",
    "norm": "normalization",
    "relu": "activation",
    "inception": "joined",
    "residual": "added",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """How one kind of operation is painted; `style` and `width` (points) are the border's."""

    fill: str
    border: str
    style: str = "solid"
    width: float = 1.2

    @property
    def cell_border(self) -> int:
        """The border in whole points, as HTML-like labels take it."""
        return 1 if self.width < 2 else 2


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a picture."""

    name: str
    paper: str
    ink: str
    faint: str
    line: str
    shortcut: str
    changed: str  # borders of what differs, of what only one network has, and of what is the same
    only: str
    ghost: str
    refused: str  # border and fill of a box where an edit fails
    refused_fill: str
    paints: MappingProxyType[Kind, Paint]


_BORDERS: dict[Kind, tuple[str, float]] = {  # line style and points, the same in every theme
    "linear": ("solid", 2.4),
    "sum": ("solid", 2.4),
    "residual": ("solid", 2.4),
    "pool": ("dashed", 1.4),
    "reduction": ("solid", 2.4),
    "grouped": ("dotted", 1.8),
    "product": ("dashed", 2.4),
    "operations": ("dotted", 1.8),
}


def _paints(fills: str, borders: str) -> MappingProxyType[Kind, Paint]:
    """Paints from two lists of colours in the order of `KINDS`."""
    own = [kind for kind in KINDS if kind not in WIDER.values()]
    colours = zip(own, fills.split(), borders.split(), strict=True)
    paints = {kind: Paint(fill, border, *_BORDERS.get(kind, ("solid", 1.2))) for kind, fill, border in colours}
    return MappingProxyType(paints | {wider: paints[kind] for kind, wider in WIDER.items()})


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#17202a",
    faint="#47535f",
    line="#6b7885",
    shortcut="#b8460e",
    changed="#8e24aa",
    only="#00695c",
    ghost="#b3bcc6",
    refused="#c62828",
    refused_fill="#fbd5d5",
    paints=_paints(
        "#dcecfa #d5f0e6 #fdf0cd #ffffff #f3e1ee #e6eaee #fbe0d2 "
        "#dcecfa #fbe0d2 #f3e1ee #eef1f4 #ece9f7 #eaf5d8 #f6f7f9 #d3f1f5 #ffe9c9 #f1ece4",
        "#2b7bba #0a8a66 #b98300 #2b7bba #a8588b #7b8794 #c8560f "
        "#2b7bba #c8560f #a8588b #5d6b79 #7561b5 #5c8a12 #8a96a3 #0f7f93 #9a5b00 #7a6a4f",
    ),
)
DARK = Theme(
    name="dark",
    paper="#0e1117",
    ink="#f2f5f8",
    faint="#b9c3cd",
    line="#93a0ad",
    shortcut="#f4a261",
    changed="#e07cf5",
    only="#4fd1bd",
    ghost="#47525d",
    refused="#ff8080",
    refused_fill="#6b1a1f",
    paints=_paints(
        "#173a57 #0d4434 #4a3a0a #0e1117 #47263c #2a323b #5a2a10 "
        "#173a57 #5a2a10 #47263c #232b34 #2d2748 #2b3a12 #1b2129 #0b3f49 #4f3205 #322c22",
        "#6db7ec #3fc79c #e3b341 #6db7ec #d694bd #8a97a4 #f0915a "
        "#6db7ec #f0915a #d694bd #a3b0bd #a99be0 #9ccc4f #75828f #4cc3d6 #dba24f #b8a583",
    ),
)
PRINT = Theme(
    name="print",
    paper="#ffffff",
    ink="#000000",
    faint="#333333",
    line="#444444",
    shortcut="#000000",
    changed="#010101",
    only="#020202",
    ghost="#bbbbbb",
    refused="#030303",
    refused_fill="#c9c9c9",
    paints=_paints(
        "#ffffff #e6e6e6 #f4f4f4 #ffffff #ffffff #d5d5d5 #ffffff "
        "#e6e6e6 #ffffff #f4f4f4 #ffffff #ffffff #ffffff #fafafa #ededed #ffffff #ffffff",
        "#222222 #222222 #222222 #000000 #222222 #222222 #000000 "
        "#222222 #000000 #222222 #444444 #444444 #444444 #555555 #222222 #000000 #444444",
    ),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK, PRINT)}

# Scales of heat maps: perceptually uniform, safe for the colour-blind, readable in grey.
# Nine colours at equal distances in CIE lightness, so that equal steps of a value look alike.
SEQUENTIAL = ("#101a3b", "#16315d", "#1c4a83", "#1e6a8e", "#238a98", "#58a88f", "#83c581", "#c1dc9a", "#faf3b5")
# Below zero blue, above it orange; both ends are equally dark, and zero is almost white.
DIVERGING = ("#13528f", "#4d79a8", "#83a1c2", "#bbcad9", "#f4f4f2", "#dec2b8", "#c6927e", "#ad6246", "#903000")
NOT_FINITE = LIGHT.changed  # of neither scale: NaN and infinity have no place on one


def theme_named(name: str) -> Theme:
    """The theme with this name.

    Raises
    ------
    ValueError
        Naming the unknown theme and the known ones.
    """
    if name not in THEMES:
        raise ValueError(f"no theme is called {name!r}; they are {', '.join(THEMES)}")
    return THEMES[name]


def conv_kind(kernel: Kernel, groups: int = 1) -> Kind:
    """What a convolution is painted as.

    Examples
    --------
    >>> conv_kind(1), conv_kind(3), conv_kind((1, 7)), conv_kind(7), conv_kind(3, groups=32)
    ('pointwise', 'square', 'factorised', 'window', 'grouped')
    """
    height, width = pair(kernel)
    if groups > 1:
        return "grouped"
    if height == width > 1:
        return "square" if height in (3, 5) else "window"
    return "pointwise" if height == width else "factorised" if 1 in (height, width) else "window"


def layer_kind(layer: str) -> Kind:
    """What a layer that is no convolution or pooling is painted as.

    Examples
    --------
    >>> layer_kind("relu"), layer_kind("silu"), layer_kind("group_norm"), layer_kind("global_pool"), layer_kind("roll")
    ('relu', 'activation', 'normalization', 'pool', 'other')
    """
    if layer in ("relu", "linear"):
        return "relu" if layer == "relu" else "linear"
    if layer == "batch_norm":
        return "norm"
    if layer in _ACTIVATIONS:
        return "activation"
    named: dict[str, Kind] = {"_norm": "normalization", "_pool": "pool"}
    return next(
        (kind for ending, kind in named.items() if layer.endswith(ending)), "sum" if layer == "scale" else "other"
    )


_ACTIVATIONS = (
    *ACTIVATIONS,
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "celu",
    "hardtanh",
    "softmax",
    "softplus",
    "softsign",
)


def scale(low: float) -> tuple[str, ...]:
    """The colours for values from `low` upwards: those with a middle where there are negative values.

    Examples
    --------
    >>> scale(0.0) == SEQUENTIAL, scale(-1.5) == DIVERGING
    (True, True)
    """
    return DIVERGING if low < 0 else SEQUENTIAL


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", 0 to 255.

    Examples
    --------
    >>> rgb("#0010ff")
    (0, 16, 255)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
