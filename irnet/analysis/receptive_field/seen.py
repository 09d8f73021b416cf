"""Which pixels of the picture one output of a box sees, exactly, and branch by branch."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.analysis.receptive_field.rectangle import Rectangle, rectangle
from irnet.spec import Network
from irnet.tree import ReceptiveField, Row, Sides, Tree, resolve
from irnet.units import exact, share, sides


@dataclass(frozen=True, slots=True)
class Part:
    """A branch, a shortcut or a body: what it is called, and what one of its outputs sees."""

    name: str
    field: ReceptiveField
    rectangle: Rectangle


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one output of a box sees of the picture."""

    network: str
    path: str
    position: Sides  # (row, column) on the box's grid
    grid: Sides  # (height, width) of the box's output
    picture: Sides  # (height, width) in pixels
    field: ReceptiveField
    rectangle: Rectangle
    parts: tuple[Part, ...]  # branches, or shortcut and body; none where all see the same

    @property
    def sentences(self) -> tuple[str, ...]:
        """What there is to say, one thing a sentence."""
        return tuple(_sentences(self))


def receptive_field(network: Network, path: str, position: Sides | None = None) -> Seen:
    """What the output at `position`, (row, column), of the box at `path` sees; without a position, the middle one.

    Raises
    ------
    KeyError
        If the network has no such box.
    ValueError
        If its grid has no such position.

    Examples
    --------
    >>> from irnet.models import network
    >>> seen = receptive_field(network("inception_resnet_v2.tf_slim"), "conv2d_7b", (0, 0))
    >>> seen.field.size, seen.rectangle
    ((3039, 3039), Rectangle(top=-1482, left=-1482, bottom=1557, right=1557))
    """
    tree = resolve(network)
    row = tree.row(path)
    height, width = row.out_shape[1:]
    at = position or (height // 2, width // 2)
    if not (0 <= at[0] < height and 0 <= at[1] < width):
        raise ValueError(
            f"{path}: there is no position {at[0]},{at[1]}; its grid has rows 0 to {height - 1} and columns 0 to "
            f"{width - 1}"
        )
    return Seen(
        network=network.label,
        path=path,
        position=at,
        grid=(height, width),
        picture=network.input_shape[1:],
        field=row.field,
        rectangle=rectangle(row.field, at),
        parts=_parts(tree, row, at),
    )


def _parts(tree: Tree, row: Row, at: Sides) -> tuple[Part, ...]:
    """What comes together in a concatenation or sum, unless all of it sees the same."""
    fields: dict[str, ReceptiveField] = {}
    if row.op == "add":
        fields = {"shortcut": row.in_field, "body": tree[f"{row.path}.project"].field}
    elif row.op == "concat":
        fields = {box.name: box.field for box in tree.children(row.path)[:-1]}
    if len(set(fields.values())) < 2:
        return ()
    return tuple(Part(name, field, rectangle(field, at)) for name, field in fields.items())


def _sentences(seen: Seen) -> list[str]:
    spot, (height, width) = seen.rectangle, seen.picture
    whole = Rectangle(0, 0, height, width)
    sentences = [
        f"The output at row {seen.position[0]}, column {seen.position[1]} on a grid of {_across(seen.grid)} sees "
        f"{_across(seen.field.size)} pixels: rows {spot.top} to {spot.bottom - 1}, "
        f"columns {spot.left} to {spot.right - 1}."
    ]
    outside = share(spot.area - spot.on(seen.picture).area, spot.area)
    if spot.size[0] > height or spot.size[1] > width:
        times = max(spot.size[0] / height, spot.size[1] / width)
        sentences.append(
            f"That is more than the picture has, {exact(max(spot.size))} pixels on {exact(_side(seen))}, {times:.3g} "
            f"times its side: {outside} of the field lies outside, where there is only padding."
        )
    elif not spot.within(whole):
        sentences.append(f"{outside} of it lies outside the picture, where there is only padding.")
    if whole.within(spot):
        sentences.append("No pixel of the picture is out of its reach.")
    if seen.grid != (1, 1):
        sentences.append(f"The fields of neighbouring outputs start {sides(seen.field.stride)} pixels apart.")
    if seen.parts:
        each = ", ".join(f"{part.name} {sides(part.field.size)}" for part in seen.parts)
        sentences.append(f"What comes together here sees different fields, in pixels: {each}.")
    return sentences


def _side(seen: Seen) -> int:
    """The side of the picture that the longer side of the field is held against."""
    return seen.picture[0 if seen.field.size[0] >= seen.field.size[1] else 1]


def _across(size: Sides) -> str:
    return f"{exact(size[0])}x{exact(size[1])}"
