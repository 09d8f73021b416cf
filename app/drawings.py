"""Drawings by address, beside the pages: `/drawing/NAME.svg?edits=a=6&level=2` is laid out when it is asked for.

The browser asks for what it shows, so a page never sends a drawing, and a box opens without a rerun of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.cache import drawings, picture
from irnet.analysis.boxes import box_at
from irnet.diagrams.nested import LEVELS, Opened
from irnet.diagrams.overlay import EDGES, OVERLAYS, Edges, Overlay
from irnet.diagrams.sheet import FLOWS, Flow
from irnet.models import PRESETS, full_name, network
from irnet.models.recipe import read
from irnet.spec import Network

Word = TypeVar("Word", bound=str)

THEMES = ("light", "dark")
LONGEST = 20_000  # characters of an address
HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A network with some of its boxes open, or the figure of one stage."""

    network: Network
    stage: str = ""
    opened: Opened | None = None  # None draws the plain figure
    overlay: Overlay = "operation"
    edges: Edges = "alike"
    flow: Flow = "down"

    def address(self, theme: str) -> str:
        """Where this view is drawn, below the root of the app; parameters are in alphabetical order."""
        told = {"edits": self.network.edits, "stage": self.stage, "theme": theme}
        if self.opened:
            told |= {"overlay": self.overlay, "edges": self.edges, "flow": self.flow, "shown": self.opened.shown}
            told |= {"level": str(self.opened.level), "turned": ",".join(sorted(self.opened.turned))}
        query = urlencode(sorted((key, value) for key, value in told.items() if value))
        return f"drawing/{self.network.name}.svg?{query}"


def edited(name: str, edits: str) -> Network:
    """The preset with this name and these edits, written as `Network.edits` writes them: "a=6, input_size=224x320".

    Raises
    ------
    ValueError
        For an unknown name or knob, or a value outside its limits.
    """
    full = full_name(name)
    return network(full, **dict(read(PRESETS[full], edit) for edit in edits.split(",") if edit.strip()))


def svg(name: str, asked: Mapping[str, str]) -> bytes:
    """The drawing that an address asks for.

    Raises
    ------
    ValueError, KeyError
        For anything in it that is not there, with one sentence.
    """
    spec, theme = edited(name, asked.get("edits", "")), _one_of(asked, "theme", THEMES)
    if "level" not in asked:
        return picture(spec, "svg", asked.get("stage", ""), theme)
    turned = frozenset(path for path in asked.get("turned", "").split(",") if path)
    shown = asked.get("shown", "")
    for path in (*turned, *filter(None, [shown])):
        box_at(spec, path)
    level = _one_of(asked, "level", tuple(map(str, range(len(LEVELS)))))
    overlay, edges, flow = (
        _one_of(asked, "overlay", OVERLAYS),
        _one_of(asked, "edges", EDGES),
        _one_of(asked, "flow", FLOWS),
    )
    both = drawings(spec, Opened(int(level), turned, shown), overlay, edges, flow)
    return both[THEMES.index(theme)]


def _one_of(asked: Mapping[str, str], key: str, options: tuple[Word, ...]) -> Word:
    value = asked.get(key, options[0])
    for option in options:
        if option == value:
            return option
    raise ValueError(f"{key} can't be {value!r}; it can be {', '.join(options)}")


def _drawing(request: Request) -> Response:
    if len(str(request.url)) > LONGEST:
        return PlainTextResponse(f"an address has at most {LONGEST} characters", 414)
    try:
        made = svg(request.path_params["name"], request.query_params)
    except (ValueError, KeyError) as error:
        return PlainTextResponse(str(error.args[0]), 400)
    except (OSError, RuntimeError) as error:
        return PlainTextResponse(str(error), 500)
    return Response(made, media_type="image/svg+xml", headers=HEADERS)


ROUTES = (Route("/drawing/{name}.svg", _drawing),)
