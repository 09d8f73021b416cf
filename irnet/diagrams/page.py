"""A network as one HTML file: the canvas with every level laid out beforehand, and no request to anywhere."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from irnet.diagrams.canvas import HERE, assets
from irnet.diagrams.graph_builder import Flow, Style
from irnet.diagrams.nested import LEVELS, Expansion, depth, nested
from irnet.diagrams.overlay import dark_for_light
from irnet.diagrams.render import render
from irnet.diagrams.theme import LIGHT
from irnet.diagrams.words import overview_words
from irnet.spec import Network
from irnet.tree import Box, details, resolve


def page(network: Network, flow: Flow = "down") -> str:
    """The file's text; it opens from a disk, in light and dark, and its address after # holds the view.

    Examples
    --------
    >>> from irnet.models import network
    >>> "http-equiv" in page(network("inception_resnet_v1", a=1, b=1, c=1))
    True
    """
    description = overview_words(network)
    canvas, css, script = assets()
    data = {
        "states": dict(_states(network, flow)),
        "details": {path: _detail(network, box) for path, box in resolve(network).items() if _is_drawn(box)},
        "colours": dark_for_light(),
        "levels": LEVELS,
        "label": description.alt,
        "flow": flow,
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


def _states(network: Network, flow: Flow) -> Iterator[tuple[str, str]]:
    """Every state that the file can show: the network at each level, and each stage open by itself at each level."""
    for level in range(len(LEVELS)):
        yield str(level), _svg(network, Expansion(level), flow)
    found = resolve(network)
    for stage in (s.name for s in network.stages if s.repeat):
        for level in range(1, len(LEVELS)):
            inside = (box for box in found.values() if box.stage == stage and box.children)
            toggled = frozenset(box.path for box in inside if (at := depth(box)) is not None and at < level)
            yield f"{stage}:{level}", _svg(network, Expansion(0, toggled), flow)


def _svg(network: Network, opened: Expansion, flow: Flow) -> str:
    return render(nested(network, LIGHT, opened, Style(opens=_opens(network)), flow), "svg").decode()


def _opens(network: Network) -> frozenset[str]:
    """The boxes that the file can turn over: there are no states for the others."""
    return frozenset(path for path, box in resolve(network).items() if box.children and depth(box) is not None)


def _is_drawn(box: Box) -> bool:
    """Whether a box is in one of the states: of the blocks of a stage, the first one is shown."""
    return box.block == 0


def _detail(network: Network, box: Box) -> dict[str, object]:
    description = details(network, box.path)
    at, around = depth(box), resolve(network).get(box.parent)
    needs = 0
    while around:
        needs = max(needs, (depth(around) or 0) + 1)
        around = resolve(network).get(around.parent)
    title = "" if box.level == "branch" and box.op == "group" else box.title  # its steps are found by theirs
    words = f"{box.path} {title} {box.op} {box.source.ref}".lower()
    return {"told": description, "depth": at or 0, "needs": needs, "words": words}


class Page:
    """A network that shows itself in a notebook cell as its page, in a frame of its own."""

    def __init__(self, network: Network, flow: Flow = "down", height: int = 820) -> None:
        self.network, self.flow, self.height = network, flow, height

    def _repr_html_(self) -> str:
        source = html.escape(page(self.network, self.flow), quote=True)
        return f'<iframe srcdoc="{source}" width="100%" height="{self.height}" style="border:0"></iframe>'
