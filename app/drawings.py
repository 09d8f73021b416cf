"""Drawings by address, beside the pages: `/drawing/NAME.svg?edits=a=6&level=2` is laid out when it is asked for.

The browser asks for what it shows, so a page never sends a drawing, and a box opens without a rerun of the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.server.cache import drawings, picture, side_drawings, timeline_drawings
from app.server.opened import label_of, network_named
from irnet.comparison.side_by_side import MOST, check_count
from irnet.diagrams import words
from irnet.diagrams.beside import opened_beside
from irnet.diagrams.graph_builder import FLOWS, Flow
from irnet.diagrams.nested import LEVELS, Expansion
from irnet.diagrams.overlay import EDGES, OVERLAYS, Edges, Overlay
from irnet.diagrams.timeline import ALT as TIMELINE_ALT
from irnet.diagrams.words import beside_alt
from irnet.lessons.hide import NUMBER, hide, hide_in_svg
from irnet.provenance.lineage import lineage
from irnet.spec import Network
from irnet.tree import first_block, resolve, search
from irnet.tree.alternatives import lone_stage

Word = TypeVar("Word", bound=str)

THEMES = ("light", "dark")
LONGEST = 20_000  # characters of an address
HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A network with some of its boxes open, or the figure of one stage."""

    network: Network
    stage: str = ""
    opened: Expansion | None = None  # None draws the plain figure
    overlay: Overlay = "operation"
    edges: Edges = "alike"
    flow: Flow = "down"
    original: Network | None = None  # what differs from it is marked
    refused: str = ""  # the path of a box that is marked as one that can't be
    hidden: str = ""  # a number that is left out of all texts

    @property
    def alt(self) -> str:
        """Alternative text."""
        return hide(words(self.network, self.stage).alt, self.hidden)

    @property
    def paths(self) -> Collection[str]:
        """Of all boxes that can be chosen."""
        return resolve(self.network)

    @property
    def search(self) -> str:
        """Where its boxes are looked up, but for the words that are looked for."""
        return _search_address((self.network,))

    def address(self, theme: str) -> str:
        """Where this view is drawn, below the root of the app; parameters are in alphabetical order."""
        query = {"edits": self.network.edit_text, "stage": self.stage, "theme": theme}
        if self.opened:
            query |= {"overlay": self.overlay, "edges": self.edges, "flow": self.flow, "shown": self.opened.shown}
            query |= {"level": str(self.opened.level), "turned": ",".join(sorted(self.opened.toggled))}
        if self.original and self.original != self.network:
            query["against"] = label_of(self.original)
        query |= {"refused": self.refused, "hidden": self.hidden}
        name = label_of(self.network) if self.network.origin else self.network.name
        return f"drawing/{name}.svg?{_query(query)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideView:
    """Networks side by side; paths have the number of their network in front: "0/block_b"."""

    networks: tuple[Network, ...]
    level: int = 0
    toggled: frozenset[str] = frozenset()
    ghosts: bool = False
    flow: Flow = "down"
    pictures: bool = False  # whether every box has room for them
    hidden: str = ""  # a number that is left out of all texts
    stages: tuple[str, ...] = ()  # of each network the one that is drawn alone

    @property
    def alt(self) -> str:
        """Alternative text."""
        return hide(beside_alt(_alone(self.networks, self.stages)), self.hidden)

    @property
    def paths(self) -> Collection[str]:
        """Of all boxes that can be chosen."""
        drawn = _alone(self.networks, self.stages)
        return frozenset(f"{i}/{path}" for i, spec in enumerate(drawn) for path in resolve(spec))

    @property
    def search(self) -> str:
        """Where their boxes are looked up, but for the words that are looked for; the few of lone stages are not."""
        return "" if self.stages else _search_address(self.networks)

    def address(self, theme: str) -> str:
        """Where this view is drawn, below the root of the app."""
        query = _labels(self.networks)
        query |= {"level": str(self.level), "turned": ",".join(sorted(self.toggled)), "flow": self.flow, "theme": theme}
        query |= {name: "yes" for name in ("ghosts", "pictures") if getattr(self, name)} | {"hidden": self.hidden}
        query["stages"] = ",".join(self.stages)
        return f"beside.svg?{_query(query)}"


@dataclass(frozen=True, slots=True)
class TimelineView:
    """The line of networks, a box a step."""

    alt: str = TIMELINE_ALT
    flow: Flow = "down"
    search: str = ""  # its few boxes are not searched

    @property
    def paths(self) -> Collection[str]:
        """Of all boxes that can be chosen."""
        return [step.id for step in lineage()]

    def address(self, theme: str) -> str:
        """Where it is drawn, below the root of the app."""
        return f"timeline.svg?theme={theme}"


def _alone(networks: tuple[Network, ...], stages: Sequence[str]) -> tuple[Network, ...]:
    """The networks, or a stage of each."""
    if not stages:
        return networks
    return tuple(lone_stage(network, stage) for network, stage in zip(networks, stages, strict=True))


def _labels(networks: tuple[Network, ...]) -> dict[str, str]:
    return {f"n{i}": label_of(spec) for i, spec in enumerate(networks)}


def _search_address(networks: tuple[Network, ...]) -> str:
    return f"search.json?{_query(_labels(networks))}"


def _query(query: Mapping[str, str]) -> str:
    return urlencode(sorted((key, value) for key, value in query.items() if value))


def svg(name: str, asked: Mapping[str, str]) -> bytes:
    """The drawing that an address asks for.

    Raises
    ------
    ValueError, KeyError
        For anything in it that is not there, with one sentence.
    """
    spec, theme = network_named(f"{name} {asked.get('edits', '')}"), _one_of(asked, "theme", THEMES)
    if "level" not in asked:
        return picture(spec, "svg", asked.get("stage", ""), theme)
    toggled = frozenset(path for path in asked.get("turned", "").split(",") if path)
    shown, refused = asked.get("shown", ""), asked.get("refused", "")
    for path in (*toggled, *filter(None, [shown, refused])):
        resolve(spec)[path]
    level = _one_of(asked, "level", tuple(map(str, range(len(LEVELS)))))
    overlay, edges, flow = (
        _one_of(asked, "overlay", OVERLAYS),
        _one_of(asked, "edges", EDGES),
        _one_of(asked, "flow", FLOWS),
    )
    original = network_named(asked["against"]) if "against" in asked else None
    both = drawings(spec, Expansion(int(level), toggled, shown), overlay, edges, flow, original, refused)
    return _without(both[THEMES.index(theme)], asked)


def beside_svg(asked: Mapping[str, str]) -> bytes:
    """The drawing of networks side by side that an address asks for.

    Raises
    ------
    ValueError, KeyError
        For anything in it that is not there, with one sentence.
    """
    networks = check_count(_networks(asked))
    theme, flow = _one_of(asked, "theme", THEMES), _one_of(asked, "flow", FLOWS)
    level = int(_one_of(asked, "level", tuple(map(str, range(len(LEVELS))))))
    stages = asked["stages"].split(",") if "stages" in asked else ()
    if len(stages) not in (0, len(networks)):
        raise ValueError(f"{len(networks)} networks can't be drawn with {len(stages)} stages; give one of each")
    networks = _alone(networks, stages)
    toggled = frozenset(path for path in asked.get("turned", "").split(",") if path)
    if wrong := toggled - frozenset(BesideView(networks=networks).paths):
        raise ValueError(f"no box is called {min(wrong)!r}; one is called '0/{networks[0].stages[0].name}'")
    opened = opened_beside(networks, level, toggled)
    ghosts, pictures = (asked.get(name) == "yes" for name in ("ghosts", "pictures"))
    both = side_drawings(networks, opened, flow, ghosts=ghosts, pictures=pictures)
    return _without(both[THEMES.index(theme)], asked)


def _without(svg: bytes, asked: Mapping[str, str]) -> bytes:
    """A drawing without the number that its address hides."""
    number = asked.get("hidden", "")
    if number and not NUMBER.fullmatch(number):
        raise ValueError(f"hidden can't be {number[:40]!r}; it is one number, such as 1024")
    return hide_in_svg(svg, number)


def hits(asked: Mapping[str, str]) -> list[str]:
    """The boxes that an address looks for, as they are called on a canvas with one network or with several.

    Raises
    ------
    ValueError
        For networks that are not there, or too many.
    """
    networks = _networks(asked)
    if not 1 <= len(networks) <= MOST:
        raise ValueError(f"{len(networks)} networks can't be searched; 1 to {MOST} can")
    before = [f"{i}/" if len(networks) > 1 else "" for i in range(len(networks))]
    return [
        f"{start}{path}"
        for start, spec in zip(before, networks, strict=True)
        for path in search(spec, asked.get("find", ""))
        if len(networks) == 1 or path == first_block(path)  # of each stage side by side, the first block is shown
    ]


def _networks(asked: Mapping[str, str]) -> list[Network]:
    return [network_named(asked[key]) for key in sorted(asked) if re.fullmatch(r"n\d", key)]


def _one_of(asked: Mapping[str, str], key: str, options: tuple[Word, ...]) -> Word:
    value = asked.get(key, options[0])
    for option in options:
        if option == value:
            return option
    raise ValueError(f"{key} can't be {value!r}; it can be {', '.join(options)}")


def _drawing(request: Request) -> Response:
    return _answer(request, lambda: svg(request.path_params["name"], request.query_params))


def _beside(request: Request) -> Response:
    return _answer(request, lambda: beside_svg(request.query_params))


def _timeline(request: Request) -> Response:
    return _answer(request, lambda: timeline_drawings()[THEMES.index(_one_of(request.query_params, "theme", THEMES))])


def _search(request: Request) -> Response:
    return _answer(request, lambda: JSONResponse(hits(request.query_params)))


def _answer(request: Request, answer: Callable[[], bytes | Response]) -> Response:
    if len(str(request.url)) > LONGEST:
        return PlainTextResponse(f"an address has at most {LONGEST} characters", 414)
    try:
        made = answer()
    except (ValueError, KeyError) as error:
        return PlainTextResponse(str(error.args[0]), 400)
    except (OSError, RuntimeError) as error:
        return PlainTextResponse(str(error), 500)
    if isinstance(made, Response):
        return made
    return Response(made, media_type="image/svg+xml", headers=HEADERS)


ROUTES = (
    Route("/drawing/{name}.svg", _drawing),
    Route("/beside.svg", _beside),
    Route("/timeline.svg", _timeline),
    Route("/search.json", _search),
)
