"""Work that takes long: it says how far it is, it can be stopped and gone on with, and what came out is remembered.

Streamlit's Stop, at the top of the page while a script runs, takes effect where the script touches the page or the
session. So the script looks there while another process runs the network. What was stopped leaves its last word on the
page, with a button to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from itertools import count
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from app import text
from app.server.resource_pool import ResourcePool, content
from app.server.worker import WORKER

P = ParamSpec("P")
T = TypeVar("T")

SOON, OFTEN = 0.4, 0.2  # seconds: what ends before is not announced; between two words on how far it is
_NUMBERS = count()


class Work:
    """One piece of work and its place on the page."""

    def __init__(self, what: str) -> None:
        self._what, self._place, self._bar = what, st.empty(), None
        self._next, self._said = monotonic() + SOON, (-1.0, "")

    def tell(self, share: float, where: str) -> None:
        """Say how far it is, from time to time; ends the script where the reader has stopped it."""
        st.session_state.get("work")  # whatever it is: a look at the session is where a script can be ended
        if monotonic() < self._next or (share, where) == self._said:  # who waits in a queue hears of changes alone
            return
        self._next, self._said = monotonic() + OFTEN, (share, where)
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


def remote(function: Callable[P, T], what: str, *, entries: int) -> Callable[P, T]:
    """A function that the process for networks runs as `work`; its last results are kept for all sessions.

    Whoever gets a result has it with others, and changes nothing in it.
    """
    results = ResourcePool[T](entries, lambda _: 1)

    @wraps(function)
    def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (*map(content, args), *((name, content(value)) for name, value in sorted(kwargs.items())))
        with work(what) as at:
            make = partial(WORKER.ask, at.tell, function, *args, **kwargs)
            with results.lent(key, make, partial(at.tell, 0.0, text.SAME_WORK)) as found:
                return found

    return ask
