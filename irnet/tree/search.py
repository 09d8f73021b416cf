"""What is said of a box, and the boxes that a reader's words name."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from irnet.spec import Network
from irnet.tree.box import Box
from irnet.tree.resolve import resolve
from irnet.tree.totals import totals
from irnet.units import exact, grid, share, short, sides


def details(network: Network, path: str) -> dict[str, str]:
    """Everything about one box, in words.

    Raises
    ------
    KeyError
        If the network has no box with this path.

    Examples
    --------
    >>> from irnet.models import network
    >>> details(network("inception_v4"), "stem.0.0")["Receptive field"]
    '3 px, one pixel of the output every 2, padding 0'
    """
    tree, total = resolve(network), totals(network)
    box, aside = tree[path], tree.is_aside(path)

    def part(amount: int, whole: int) -> str:
        return "beside the network's" if aside else f"{share(amount, whole)} of the network"

    field = box.field
    concat = next((row for row in reversed(box.rows) if row.op == "concat" and row.out_shape == box.out_shape), None)
    macs = f"{exact(box.macs)}, {part(box.macs, total.macs)}"
    return {
        "Path": path,
        "What": box.title,
        "Where": box.aria_label,
        "Source": box.source.ref,
        "Input": grid(box.in_shape),
        "Output": f"{concat.notation} = {grid(box.out_shape)}" if concat else grid(box.out_shape),
        "Parameters": f"{exact(box.params)}, {part(box.params, total.params)}",
        "MACs": macs if box.macs else "none of convolutions or linear layers",
        "Activations": f"{exact(box.activation_elements)} numbers, "
        f"{short(box.activation_bytes, 'B')} in float32, one image",
        "Receptive field": f"{sides(field.size)} px, one pixel of the output every {sides(field.stride)}, "
        f"padding {sides(field.padding)}",
        "Module": _module(box),
    } | ({"Author's module": box.module} if box.module else {})


def _module(box: Box) -> str:
    """The attribute path of a box's module, to copy."""
    if box.op == "concat":
        return "no module of its own: the fork concatenates"
    return re.sub(r"\.(\d+)", r"[\1]", f"model.{box.path}")


def search(network: Network, wanted: str) -> tuple[str, ...]:
    """Paths of the boxes that `wanted` names, in the order they run.

    A path or a piece of one, with `*` for any run of characters; a kernel ("1x7"), an operation ("max pool"), a
    figure ("Fig. 17") or an erratum ("E4").

    Examples
    --------
    >>> from irnet.models import network
    >>> search(network("inception_resnet_v2"), "E4")
    ('block_b',)
    >>> search(network("inception_resnet_v2", b=1), "1x7 conv")
    ('stem.0.4.b1.2', 'block_b.0.body.b1.1')
    """
    text = wanted.strip().lower()
    if not text:
        return ()
    tree = resolve(network)
    if text in tree:
        return (text,)
    return tuple(path for path, box in tree.items() if _matches(box, text))


def _matches(box: Box, text: str) -> bool:
    if box.level == "stage" and (
        text in (erratum.id.lower() for erratum in box.source.errata) or text in box.source.ref.lower()
    ):
        return True
    if "*" in text:
        return fnmatchcase(box.path.lower(), text)
    if box.level in ("stage", "block", "branch") and box.op == "group":
        return text in box.name.lower() or text == box.path.lower()
    return text in box.title.lower() or text in box.path.lower() or text == box.op
