"""Which pixels of the picture one output of a box sees, exactly, and branch by branch."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.spec import Network
from irnet.tree import ReceptiveField, Row, Sides, Tree, outer, resolve
from irnet.tree.totals import stages
from irnet.units import exact, grid, share, sides


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Pixels of the picture, from `top` and `left` up to and without `bottom` and `right`; it may lie outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Sides:
        """(height, width) in pixels."""
        return self.bottom - self.top, self.right - self.left

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.size[0] * self.size[1]

    @property
    def ends(self) -> dict[str, int]:
        """The first and last rows and columns, by name."""
        return {
            "first row": self.top,
            "last row": self.bottom - 1,
            "first column": self.left,
            "last column": self.right - 1,
        }

    def on(self, picture: Sides) -> Rectangle:
        """The part that lies on a picture of (height, width) pixels; an empty rectangle at its edge if there is none.

        Examples
        --------
        >>> Rectangle(-5, 2, 6, 13).on((299, 8))
        Rectangle(top=0, left=2, bottom=6, right=8)
        """
        height, width = picture
        rows, columns = (self.top, self.bottom), (self.left, self.right)
        top, bottom = (min(max(row, 0), height) for row in rows)
        left, right = (min(max(column, 0), width) for column in columns)
        return Rectangle(top, left, bottom, right)

    def within(self, other: Rectangle) -> bool:
        """Whether `other` has all of these pixels."""
        rows = other.top <= self.top and self.bottom <= other.bottom
        return rows and other.left <= self.left and self.right <= other.right


def rectangle(field: ReceptiveField, position: Sides) -> Rectangle:
    """The pixels that the output at `position`, (row, column), sees.

    Examples
    --------
    >>> rectangle(ReceptiveField((7, 3), (2, 2), (3, 1)), (0, 5))
    Rectangle(top=-3, left=9, bottom=4, right=12)
    """
    top, left = (i * step - edge for i, step, edge in zip(position, field.stride, field.padding, strict=True))
    return Rectangle(top, left, top + field.size[0], left + field.size[1])


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


def looking_at(network: Network, path: str, spot: Rectangle) -> Seen:
    """What the output of the box at `path` sees that looks at the middle of `spot`, pixels of the picture.

    Raises
    ------
    KeyError
        If the network has no such box.

    Examples
    --------
    >>> from irnet.models import network
    >>> seen = looking_at(network("inception_v4"), "inception_a.0", Rectangle(200, 80, 250, 130))
    >>> seen.position, [part.name for part in seen.parts if Rectangle(200, 80, 250, 130).within(part.rectangle)]
    ((26, 11), ['b0', 'b2', 'b3'])
    """
    row = resolve(network).row(path)
    middle = ((spot.top + spot.bottom) / 2, (spot.left + spot.right) / 2)
    row_and_column = [
        min(max(round((at + edge - size / 2) / step), 0), side - 1)
        for at, edge, size, step, side in zip(
            middle, row.field.padding, row.field.size, row.field.stride, row.out_shape[1:], strict=True
        )
    ]
    return receptive_field(network, path, (row_and_column[0], row_and_column[1]))


def first_to_see(network: Network, spot: Rectangle) -> str:
    """The first step on the way through the network whose output sees all of `spot`; "" if none does.

    Steps inside branches are left out.

    Examples
    --------
    >>> from irnet.models import network
    >>> first_to_see(network("inception_v4"), Rectangle(90, 80, 190, 180))
    'inception_a.1'
    """
    paths = (row.path for row in growth(network))
    return next((path for path in paths if spot.within(looking_at(network, path, spot).rectangle)), "")


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
    if _larger(spot.size, seen.picture):
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


def record(seen: Seen) -> dict[str, object]:
    """What an output sees as plain values for JSON."""
    return {
        "network": seen.network,
        "path": seen.path,
        "position": list(seen.position),
        "grid": list(seen.grid),
        "picture": list(seen.picture),
        "theoretical": part_records(seen),
        "sentences": list(seen.sentences),
    }


def part_records(seen: Seen) -> list[dict[str, object]]:
    """The box, then its parts, as flat records: size, stride, padding and pixels, from first to last."""
    every = (Part(seen.path, seen.field, seen.rectangle), *seen.parts)
    return [
        {"what": part.name} | _numbers(part.field) | part.rectangle.ends | _shares(part.rectangle, seen.picture)
        for part in every
    ]


def _numbers(field: ReceptiveField) -> dict[str, object]:
    return {"size": sides(field.size), "stride": sides(field.stride), "padding": sides(field.padding)}


def _shares(spot: Rectangle, picture: Sides) -> dict[str, object]:
    on = spot.on(picture).area
    return {"on the picture": share(on, spot.area), "of the picture": share(on, picture[0] * picture[1])}


def stage_fields(network: Network) -> list[dict[str, object]]:
    """The field of what every stage puts out, as flat records, and whether that is more than the picture has."""
    return [
        {"stage": stage.name, "what": stage.title, "output": grid(stage.out_shape)}
        | _numbers(stage.field)
        | {"larger than the picture": "yes" if _larger(stage.field.size, network.input_shape[1:]) else "no"}
        for stage in stages(network)
    ]


def _larger(size: Sides, picture: Sides) -> bool:
    return size[0] > picture[0] or size[1] > picture[1]


def around(seen: Seen) -> Rectangle:
    """The smallest rectangle round the picture and the field."""
    (height, width), spot = seen.picture, seen.rectangle
    return Rectangle(min(spot.top, 0), min(spot.left, 0), max(spot.bottom, height), max(spot.right, width))


def growth(network: Network) -> tuple[Row, ...]:
    """Every step that is inside no branch and no residual, in the order they run: how the field grows.

    Examples
    --------
    >>> from irnet.models import network
    >>> [(step.path, step.field.size[0]) for step in growth(network("inception_v4"))][-4:-1]
    [('inception_c.0', 1815), ('inception_c.1', 1943), ('inception_c.2', 2071)]
    """
    rows = resolve(network).rows
    merges = {row.path for row in rows if row.op in ("concat", "add")}
    steps = (row for row in rows if row.op not in ("dropout", "linear", "normalize"))
    return tuple(row for row in steps if not merges.intersection(outer(row.path)[:-1]))


def centres(seen: Seen, most: int) -> dict[Sides, tuple[float, float]]:
    """Positions on the grid, at most so many along each side, and the (y, x) on the picture that they look at.

    Examples
    --------
    >>> from irnet.tree.receptive_field import receptive_field
    >>> from irnet.models import network
    >>> found = centres(receptive_field(network("inception_v4"), "stem.0.0"), 40)
    >>> len(found), found[0, 0], found[148, 148]
    (1600, (1.0, 1.0), (297.0, 297.0))
    """
    along = [_spread(side, most) for side in seen.grid]
    return {(row, column): _centre(seen, (row, column)) for row in along[0] for column in along[1]}


def _spread(side: int, most: int) -> tuple[int, ...]:
    count = min(side, most)
    return tuple(dict.fromkeys(round(i * (side - 1) / max(count - 1, 1)) for i in range(count)))


def _centre(seen: Seen, position: Sides) -> tuple[float, float]:
    """The middle of a field, or where the picture ends before it."""
    spot = rectangle(seen.field, position)
    height, width = seen.picture
    y, x = (spot.top + spot.bottom - 1) / 2, (spot.left + spot.right - 1) / 2
    return min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)


def choices(network: Network) -> tuple[str, ...]:
    """The boxes to choose from, in the order they run; a convolution's units see what the convolution sees.

    Auxiliary heads are left out: a field is looked for in one pass, which does not run them.
    """
    tree = resolve(network)
    return tuple(path for path, box in tree.items() if box.level != "unit" and not tree.is_aside(path))
