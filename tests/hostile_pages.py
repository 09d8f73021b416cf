"""Addresses for every page that there is, made from what each of them says that it reads from its address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests import hostile
from tests.apps import LIVE, ROOT, opened, sized

MODEL = "inception_resnet_v1.paper"
PAGES = sorted(file.stem for file in (ROOT / "app" / "pages").glob("*.py"))
# Parameters that no control has: of boxes, comparisons, lessons and runs.
OTHERS = ("turned", "from", "with", "edited", "place", "opened", "lesson", "shared", "step", "present", "all", "block")


def small(page: str) -> dict[str, object]:
    """The address of a page that runs a network: of a small one."""
    knobs = sized(MODEL) | {f"{MODEL}.{knob}": 1 for knob in "abc"}
    return {"model": MODEL} | (knobs if page in LIVE else {})


def _inside(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _inside(child)


@cache
def parameters(page: str) -> Mapping[str, tuple[str, ...]]:
    """Every parameter that a control of the page is bound to, and its options, if it has some."""
    app = opened(page, "", **small(page))
    found: dict[str, tuple[str, ...]] = {}
    for node in _inside(app._tree):
        if key := getattr(getattr(node, "proto", None), "query_param_key", ""):
            options = getattr(node.proto, "options", ())
            found[key] = tuple(str(getattr(option, "content", option)) for option in options)
    return found


@st.composite
def addresses(draw: st.DrawFn, page: str) -> dict[str, str]:
    """Some of the page's parameters with values that they take, or do not."""
    known = parameters(page)
    free = [key for key in known if page not in LIVE or not key.startswith(MODEL)]  # large inputs take their time
    keys = draw(st.lists(st.sampled_from([*free, *OTHERS]), min_size=1, max_size=5, unique=True))
    return {key: draw(_values(known.get(key, ()))) for key in keys if page not in LIVE or key != "model"}


def _values(options: tuple[str, ...]) -> st.SearchStrategy[str]:
    strange = hostile.NOISE | hostile.NUMBERS | hostile.WHERE | hostile.LABELS | hostile.NOISE.map(hostile.word)
    return (st.sampled_from(options) | strange if options else strange).map(
        lambda told: re.sub(r"[\udc80-\udcff]", "?", told)
    )
