"""A network as one HTML file: the canvas with every level laid out beforehand, and no request to anywhere."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from irnet.diagrams.canvas import HERE, assets
from irnet.diagrams.canvas.drawing import canvas_svg
from irnet.diagrams.graph_builder import Flow, Style
from irnet.diagrams.measures import CANVAS
from irnet.diagrams.nested import LEVELS, Expansion, depth, nested
from irnet.diagrams.overlay import dark_for_light
from irnet.diagrams.words import overview_words
from irnet.spec import Network
from irnet.tree import Box, details, resolve

HEIGHT = 820  # pixels of its frame in a notebook


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
        # of the blocks of a stage, the first one is shown
        "details": {path: _detail(network, box) for path, box in resolve(network).items() if box.block == 0},
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
    boxes = resolve(network).values()
    # the file can turn over these: there are no states for the others
    style = Style(opens=frozenset(box.path for box in boxes if box.children and depth(box) is not None))
    opened = {str(level): Expansion(level) for level in range(len(LEVELS))}
    for stage in (s.name for s in network.stages if s.repeat):
        inside = [
            (box.path, at) for box in boxes if box.stage == stage and box.children and (at := depth(box)) is not None
        ]
        for level in range(1, len(LEVELS)):
            opened[f"{stage}:{level}"] = Expansion(0, frozenset(path for path, at in inside if at < level))
    for state, expansion in opened.items():
        yield state, canvas_svg(nested(network, expansion, style, flow, CANVAS)).decode()


def _detail(network: Network, box: Box) -> dict[str, object]:
    around = resolve(network).around(box.path)
    needs = max(((depth(outer) or 0) + 1 for outer in around), default=0)
    title = "" if box.level == "branch" and box.op == "group" else box.title  # its steps are found by theirs
    words = f"{box.path} {title} {box.op} {box.source.ref}".lower()
    return {"told": details(network, box.path), "depth": depth(box) or 0, "needs": needs, "words": words}


class Page:
    """A network that shows itself in a notebook cell as its page, in a frame of its own."""

    def __init__(self, network: Network, flow: Flow) -> None:
        self.network, self.flow = network, flow

    def _repr_html_(self) -> str:
        source = html.escape(page(self.network, self.flow), quote=True)
        return f'<iframe srcdoc="{source}" width="100%" height="{HEIGHT}" style="border:0"></iframe>'
