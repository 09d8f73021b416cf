"""One object of a photograph at three sizes, and which branches of a module see it whole.

Source: objects differ widely in size, so a module looks through windows of several sizes at once ("Going deeper with
convolutions", arXiv 1409.4842).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil, floor

from PIL import Image

from irnet.diagrams.field_picture import DASHES, INK, MOST_OF_IT, Outline
from irnet.edit import network as network_of
from irnet.edit import network_of_label
from irnet.lab.photos import photo
from irnet.models import PRESETS, title
from irnet.spec import Fork
from irnet.tree import resolve, stage_of
from irnet.tree.receptive_field import Part, Rectangle, Seen, first_to_see, looking_at, receptive_field
from irnet.units import sides

OBJECTS: dict[str, tuple[str, Rectangle]] = {  # the photograph that has it, and where, in pixels of the photograph
    "mission patch": ("astronaut", Rectangle(347, 132, 423, 210)),
    "astronaut's face": ("astronaut", Rectangle(40, 170, 190, 273)),
    "pilot's wings": ("astronaut", Rectangle(339, 279, 378, 330)),
    "cat's eye": ("chelsea", Rectangle(108, 298, 164, 344)),
}
SIZES = 3
LARGEST_STEP = 2.0  # from one size to the next


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """An object at one size, and what the branches of a module see of it from the output that looks at its middle."""

    image: Image.Image  # as the network gets it
    spot: Rectangle  # where the object lies on it
    seen: Seen
    first: str  # the first step of the network that sees all of it; "" if none does

    @property
    def whole(self) -> tuple[Part, ...]:
        """The branches that see all of it."""
        return tuple(part for part in self.seen.parts if self.spot.within(part.rectangle))

    @property
    def sentence(self) -> str:
        """How large the object is, and who sees all of it."""
        *names, last = [part.name for part in self.whole] or [""]
        who = f"{', '.join(names)} and {last} see it whole" if names else f"{last} sees it whole"
        later = f"; the first step that does is {self.first}" if self.first else ", and no step of the network does"
        return f"{sides(self.spot.size)} pixels: {who if last else f'no branch sees it whole{later}'}."

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """The object and the fields of the branches, to be drawn on the picture; branches that see the same are one."""
        names: dict[Rectangle, list[str]] = {}
        for part in self.seen.parts:
            names.setdefault(part.rectangle, []).append(part.name)
        fields = (
            Outline(f"{', '.join(who)}: {sides(spot.size)} pixels", spot, INK[i % len(INK)], 1 + i % (len(DASHES) - 1))
            for i, (spot, who) in enumerate(names.items())
        )
        return (Outline(f"the object: {sides(self.spot.size)} pixels", self.spot, MOST_OF_IT, 0), *fields)


@cache
def modules() -> dict[str, str]:
    """The modules to choose from, and what they are called: of every preset the first in each of its parts A and B.

    Left out is a module whose branches all see the same.

    Examples
    --------
    >>> modules()["inception_v4.paper/inception_a.0"], modules()["inception_resnet_v2.paper/block_a.0.body"]
    ('Inception-A of Inception-v4 (paper)', 'Inception-ResNet-A of Inception-ResNet-v2 (paper)')
    """
    found: dict[str, str] = {}
    for name in PRESETS:
        network = network_of(name)
        forks = [
            path for path, box in resolve(network).items() if isinstance(box.node, Fork) and box.node.merge == "concat"
        ]
        for part in ("a", "b"):
            stages = {stage.name: stage.title for stage in network.stages if stage.part == part}
            inside = (path for path in forks if stage_of(path) in stages)
            if first := next((path for path in inside if receptive_field(network, path).parts), ""):
                found[f"{name}/{first}"] = f"{stages[stage_of(first)]} of {title(name)}"
    return found


def looks(what: str, module: str, step: float) -> tuple[Look, ...]:
    """An object at three sizes, each `step` times as large as the one before, looked at by a module.

    Parameters
    ----------
    what
        One of `OBJECTS`.
    module
        One of `modules()`: preset and path.
    step
        1 to 2. At the smallest size the photograph is seen as every network gets it.

    Raises
    ------
    ValueError
        For an object or module that is not there, or a step outside its limits.

    Examples
    --------
    >>> for one in looks("mission patch", "inception_v4.paper/inception_a.0", 1.3):
    ...     print(one.sentence)
    46 pixels: b0, b1, b2 and b3 see it whole.
    59x60 pixels: b0, b2 and b3 see it whole.
    76x77 pixels: b3 sees it whole.
    """
    if what not in OBJECTS:
        raise ValueError(f"no object is called {what!r}; they are {', '.join(OBJECTS)}")
    if module not in modules():
        raise ValueError(f"no module is called {module!r}; one is called {next(iter(modules()))!r}")
    if not 1 <= step <= LARGEST_STEP:
        raise ValueError(f"a step of {step:g} is outside 1 to {LARGEST_STEP:g}")
    name, _, path = module.partition("/")
    network, (source, place) = network_of(name), OBJECTS[what]
    whole, found = photo(source), []
    for i in range(SIZES):
        image, spot = _nearer(whole, place, step**i, network.input_shape[1:])
        seen = looking_at(network, path, spot)
        found.append(Look(image=image, spot=spot, seen=seen, first=first_to_see(network, spot)))
    return tuple(found)


def _nearer(image: Image.Image, place: Rectangle, zoom: float, size: tuple[int, int]) -> tuple[Image.Image, Rectangle]:
    """What a network of an input of `size` gets of a photograph seen `zoom` times as near, and where `place` is on it.

    The part that is cut out lies round the middle of `place`, as far as the photograph goes.
    """
    height, width = size
    scale = max(height / image.height, width / image.width) * zoom
    high, wide = height / scale, width / scale
    top = min(max((place.top + place.bottom - high) / 2, 0), image.height - high)
    left = min(max((place.left + place.right - wide) / 2, 0), image.width - wide)
    resized = image.resize((width, height), Image.Resampling.BICUBIC, (left, top, left + wide, top + high))
    spot = Rectangle(
        floor((place.top - top) * scale),
        floor((place.left - left) * scale),
        ceil((place.bottom - top) * scale),
        ceil((place.right - left) * scale),
    )
    return resized, spot


def finding(what: str, found: tuple[Look, ...]) -> str:
    """How many branches see an object whole, size by size, in one sentence.

    Examples
    --------
    >>> finding("mission patch", looks("mission patch", "inception_v4.paper/inception_a.0", 1.3))
    'The mission patch is seen whole by 4 of 4 branches, then by 3, then by 1.'
    """
    first, *others = [len(look.whole) for look in found]
    later = "".join(f", then by {count or 'none'}" for count in others)
    return f"The {what} is seen whole by {first or 'none'} of {len(found[0].seen.parts)} branches{later}."


def records(found: tuple[Look, ...]) -> list[dict[str, object]]:
    """One record a branch: what it is, what it sees, and whether that is all of the object at every size.

    Examples
    --------
    >>> records(looks("mission patch", "inception_v4.paper/inception_a.0", 1.3))[1]
    {'branch': 'b1', 'what': '1x1 conv 96', 'receptive field, pixels': '55', '1: 46': 'whole', '2: 59x60': 'a part', \
'3: 76x77': 'a part'}
    """
    seen = found[0].seen
    tree = resolve(network_of_label(seen.network))
    whole = [{part.name for part in look.whole} for look in found]
    heads = [f"{i}: {sides(look.spot.size)}" for i, look in enumerate(found, 1)]
    return [
        {
            "branch": part.name,
            "what": tree[f"{seen.path}.{part.name}"].title,
            "receptive field, pixels": sides(part.field.size),
            **{head: "whole" if part.name in names else "a part" for head, names in zip(heads, whole, strict=True)},
        }
        for part in seen.parts
    ]
