"""Values of the address that a reader changes in steps of the browser's history.

A widget that is bound to the address replaces it, so that Back leaves the page instead of undoing the choice. What a
program gives to a bound widget is put into the address as a step of its own. So here a field that nobody sees is bound,
and the widget that the reader moves hands its value on to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

HIDDEN = "hidden-fields"  # the key of their container; the style sheet of all pages hides it
OPEN_PAGE = "open-page"


class Fields:
    """The hidden fields of one run, or of what is `called` so in it; made where their container goes.

    Without `bound` there are none: values come from the session alone, and the address stays free of them.
    """

    def __init__(self, called: str = "", *, bound: bool = True) -> None:
        self._bound = bound
        self._place = st.container(key=f"{HIDDEN}{called and f'-{called}'}")
        self.drawn: tuple[str, ...] = ()

    def value(self, hidden: str, default: Any, /, *args: Any, key: str, **more: Any) -> Any:
        """The value of the parameter `key` of the address, else of the session, else `default`.

        Only what differs from its default has a field, because each costs milliseconds of every run.

        Parameters
        ----------
        hidden
            The kind of the field that holds the value: "selectbox", "number_input", "toggle", "pills" or "text_input".
        """
        if self._bound and (key in st.query_params or st.session_state.get(key, default) != default):
            getattr(self._place, hidden)(
                f"{key} in the address", *args, key=key, bind="query-params", persist_state="session", **more
            )
            self.drawn += (key,)
        return st.session_state.setdefault(key, default)


def field(shown: Callable[..., Any], label: str, *args: Any, key: str, **more: Any) -> None:
    """The widget with which a reader changes the parameter `key`; it gets `args` and `more`."""
    own = f"own.{key}"
    if st.session_state.get(own) != st.session_state[key]:  # else what is being typed would be lost
        st.session_state[own] = st.session_state[key]
    shown(label, *args, key=own, on_change=_hand_on, args=(key, own), **more)


def _hand_on(key: str, own: str) -> None:
    st.session_state[key] = st.session_state[own]


def first_run_on(page: str) -> bool:
    """Whether this run is the first on `page` after one on another page."""
    last = st.session_state.get(OPEN_PAGE, page)
    st.session_state[OPEN_PAGE] = page
    return bool(last != page)
