"""Work that takes long: it says how far it is, it can be stopped and gone on with, and what came out is remembered.

Streamlit's Stop, at the top of the page while a script runs, takes effect where the script touches the page or the
session. A network does neither while it runs, so that every convolution looks there first. What was stopped leaves its
last word on the page, with a button to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from hashlib import sha256
from itertools import count
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import streamlit as st
from PIL.Image import Image

from app import text
from app.server.cache import identity
from app.server.resource_pool import ResourcePool
from irnet.spec import Network

P = ParamSpec("P")
T = TypeVar("T")

SOON, OFTEN = 0.4, 0.2  # seconds: what ends before is not announced; between two words on how far it is
_NUMBERS = count()


class Work:
    """One piece of work and its place on the page."""

    def __init__(self, what: str) -> None:
        self._what, self._place, self._bar = what, st.empty(), None
        self._next = monotonic() + SOON

    def tell(self, share: float, where: str) -> None:
        """Say how far it is, from time to time; ends the script where the reader has stopped it."""
        st.session_state.get("work")  # whatever it is: a look at the session is where a script can be ended
        if monotonic() < self._next:
            return
        self._next = monotonic() + OFTEN
        bar = self._bar = self._bar or self._begun()
        bar.progress(min(1.0, share), f"{text.plain(self._what)}: {text.plain(where)}")

    def _begun(self) -> Any:
        with self._place.container():
            bar = st.progress(0.0)
            st.button(text.GO_ON, key=f"go-on-{next(_NUMBERS)}", icon=":material/play_arrow:")
        return bar

    def done(self) -> None:
        """Take it off the page."""
        self._place.empty()


_NOW: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def work(what: str) -> Iterator[Work]:
    """The work that the block does; a block inside another one's is part of that."""
    if outer := _NOW.get():
        yield outer
        return
    made = Work(what)
    token = _NOW.set(made)
    try:
        yield made
    except Exception:
        made.done()
        raise
    else:
        made.done()
    finally:  # not for what was stopped: it leaves its last word
        _NOW.reset(token)


def remember(what: str, *, entries: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function whose calls are `work`, and whose last results are kept for all sessions by what it was asked.

    Whoever gets a result has it with others, and changes nothing in it.
    """

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        name = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            key = (*map(content, args), *((name, content(value)) for name, value in sorted(kwargs.items())))
            make = partial(function, *args, **kwargs)
            shelf: ResourcePool[T] = _shelf(name, entries)
            with work(what) as at, shelf.lent(key, make, partial(at.tell, 0.0, text.SAME_WORK)) as found:
                return found

        return asked

    return wrap


def _shelf(name: str, entries: int) -> ResourcePool[Any]:
    """The last results of a function, by its name."""
    shelves = _shelves()
    return shelves.get(name) or shelves.setdefault(name, ResourcePool(entries, lambda _: 1))


@st.cache_resource(show_spinner=False)
def _shelves() -> dict[str, ResourcePool[Any]]:
    return {}


def content(value: Any) -> Hashable:
    """What tells a value apart from others: pictures by their pixels, networks by their spec and label.

    Examples
    --------
    >>> from PIL import Image
    >>> content(Image.new("RGB", (2, 2))) == content(Image.new("RGB", (2, 2), "red"))
    False
    """
    if isinstance(value, Image):
        return value.mode, value.size, sha256(value.tobytes()).digest()
    if isinstance(value, Network):
        return identity(value)
    known: Hashable = value
    return known
