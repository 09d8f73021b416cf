"""A widget that looks for its own value in the session finds it without reading all others.

Streamlit 1.67 gives every keyed field a dictionary of the whole session, made anew for each of them, to look up one
key. A reader who has seen all presets has some 150 keys, and 40 % of the processor time of a page went there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamlit.runtime.state.common import is_element_id
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX

REPLACED = "filtered_state"  # the property of SafeSessionState


class OneKey(Mapping[str, Any]):
    """What `SafeSessionState.filtered_state` says, asked key by key; who reads all gets all."""

    def __init__(self, session: SafeSessionState) -> None:
        self._session = session

    def __getitem__(self, key: str) -> Any:
        if is_element_id(key) or key.startswith(STREAMLIT_INTERNAL_KEY_PREFIX):
            raise KeyError(key)
        with self._session._lock:
            return self._session._state[key]

    def __iter__(self) -> Iterator[str]:
        with self._session._lock:
            return iter(self._session._state.filtered_state)

    def __len__(self) -> int:
        with self._session._lock:
            return len(self._session._state.filtered_state)


def install() -> None:
    """Let Streamlit look up single keys; again does nothing more."""
    setattr(SafeSessionState, REPLACED, property(OneKey))
