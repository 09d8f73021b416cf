"""A network as one HTML file: the canvas with every level laid out beforehand, and no request to anywhere."""

from __future__ import annotations

import html
import json
import re
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from irnet.diagrams.canvas import HERE, assets
from irnet.diagrams.canvas.drawing import canvas_svg
from irnet.diagrams.graph_builder import Flow, Style
from irnet.diagrams.measures import CANVAS
from irnet.diagrams.nested import LEVELS, Expansion, depth, nested, shown_in
from irnet.diagrams.overlay import dark_for_light
from irnet.diagrams.photograph import Photograph, channels_for_canvas, for_canvas, inline, seen, slots_in
from irnet.diagrams.words import overview_words
from irnet.spec import Network
from irnet.tree import Box, details, resolve

HEIGHT = 820  # pixels of its frame in a notebook


def page(network: Network, flow: Flow = "down", photographs: Mapping[str, Photograph] = MappingProxyType({})) -> str:
    """The file's text; it opens from a disk, in light and dark, and its address after # holds the view.

    Parameters
    ----------
    photographs
        What boxes show of a photograph, by a name for each: of several, such as "with scaling" and "without scaling",
        a reader chooses.

    Examples
    --------
    >>> from irnet.models import network
    >>> "http-equiv" in page(network("inception_resnet_v1", a=1, b=1, c=1))
    True
    """
    description = overview_words(network)
    canvas, css, script = assets()
    pictures: dict[str, str] = {}
    data = {
        "states": _packed(dict(_states(network, flow, pictures=bool(photographs)))),
        "details": {path: _detail(network, box) for path, box in resolve(network).items() if _is_drawn(box)},
        "colours": dark_for_light(),
        "levels": LEVELS,
        "label": description.alt,
        "flow": flow,
        "photographs": {name: _boxes(network, found, pictures) for name, found in photographs.items()},
        "pictures": pictures,
        "from": next((found.origin for found in photographs.values()), ""),
    }
    text = (HERE / "page.html").read_text(encoding="utf-8")
    filled = {
        "TITLE": html.escape(network.label),
        "CAPTION": html.escape(description.caption),
        "CSS": css,
        "CANVAS": canvas,
        "DATA": json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
        "SCRIPT": f"{script}\n{(HERE / 'page.js').read_text(encoding='utf-8')}",
    }
    return re.sub(r"@([A-Z]+)@", lambda found: filled[found[1]], text)


def _packed(states: Mapping[str, str]) -> str:
    """Drawings, which repeat each other, in little room."""
    return b64encode(zlib.compress(json.dumps(states, ensure_ascii=False).encode(), 9)).decode()


def _boxes(network: Network, found: Photograph, pictures: dict[str, str]) -> dict[str, Any]:
    """What the drawn boxes show: those of the first block of every stage, and what is beside them in their stage's.

    Their pictures are put into `pictures`, each of them once.
    """
    made: dict[str, str] = {}

    def named(key: str, make: Callable[[], bytes], ending: str) -> str:
        made[key] = made.get(key) or inline(make(), ending)
        return key

    boxes = for_canvas(network, found, named)
    tree = resolve(network)
    kept = {"input", *(path for path, box in tree.items() if _is_drawn(box))}
    kept |= {f"{unit}.input" for unit in kept} | {stage.children[-1] for stage in tree.top if stage.children}
    kept |= {part for path in kept for part, _ in boxes.get(path, {}).get("parts", ())}
    shown = {path: one for path, one in boxes.items() if path in kept}
    for path in shown.keys() & found.channels.keys():
        shown[path]["channels"] = channels_for_canvas(found.channels[path], named)
    pieces = [one for said in shown.values() for one in (said, *said.get("channels", {}).get("boxes", {}).values())]
    pictures.update({one["src"]: made[one["src"]] for one in pieces})
    return shown


def _states(network: Network, flow: Flow, *, pictures: bool) -> Iterator[tuple[str, str]]:
    """Every state that the file can show: the network at each level, and each stage open by itself at each level."""
    boxes = resolve(network).values()
    # the file can turn over these: there are no states for the others
    opens = frozenset(box.path for box in boxes if box.children and depth(box) is not None)
    opened = {str(level): Expansion(level) for level in range(len(LEVELS))}
    for stage in (box.path for box in boxes if box.path == box.stage):
        inside = [
            (box.path, at) for box in boxes if box.stage == stage and box.children and (at := depth(box)) is not None
        ]
        for level in range(1, len(LEVELS)):
            opened[f"{stage}:{level}"] = Expansion(0, frozenset(path for path, at in inside if at < level))
    for state, expansion in opened.items():
        slots = slots_in(network, shown_in(network, expansion)) if pictures else {}
        yield state, canvas_svg(nested(network, expansion, Style(opens=opens, slots=slots), flow, CANVAS)).decode()


def _is_drawn(box: Box) -> bool:
    """Whether a box is in one of the states: of the blocks of a stage, the first one is shown."""
    return box.block == 0


def _detail(network: Network, box: Box) -> dict[str, object]:
    around = resolve(network).around(box.path)
    needs = max(((depth(outer) or 0) + 1 for outer in around), default=0)
    title = "" if box.level == "branch" and box.op == "group" else box.title  # its steps are found by theirs
    words = f"{box.path} {title} {box.op} {box.source.ref}".lower()
    about = {"details": details(network, box.path), "seen": seen(network, box.path)}
    return about | {"depth": depth(box) or 0, "needs": needs, "words": words}


class Page:
    """A network that shows itself in a notebook cell as its page, in a frame of its own."""

    def __init__(self, network: Network, flow: Flow) -> None:
        self.network, self.flow = network, flow

    def _repr_html_(self) -> str:
        source = html.escape(page(self.network, self.flow), quote=True)
        return f'<iframe srcdoc="{source}" width="100%" height="{HEIGHT}" style="border:0"></iframe>'
