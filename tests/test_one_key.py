"""Looking up one key of a session finds what reading the whole session does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest

from app.server import one_key

WHOLE = SafeSessionState.__dict__[one_key.REPLACED]
LOOKED_AT = """
import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx
from app.server.one_key import OneKey

st.slider("Blocks", 0, 9, 4, key="blocks")
st.text_input("Box", None, key="box")
st.text_input("No key", "x")
st.session_state["own"] = 3
session = get_script_run_ctx().session_state
whole, one = session._state.filtered_state, OneKey(session)
unkeyed = next(key for key in session._state._keys() if key.endswith("-None"))
st.session_state["found"] = whole, {key: one[key] for key in whole}, set(one), len(one)
st.session_state["absent"] = [key in one for key in ("nothing", unkeyed, "$$STREAMLIT_INTERNAL_KEY_x")]
"""
FIELDS = """
import streamlit as st

st.number_input("Classes", 0, 9, 4, key="classes")
st.text_input("Box", key="box")
st.selectbox("Model", ["a", "b"], key="model")
"""


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    setattr(SafeSessionState, one_key.REPLACED, WHOLE)


def test_one_key_has_the_value_that_all_keys_have_and_what_is_no_key_of_the_reader_is_not_found() -> None:
    page = AppTest.from_string(LOOKED_AT).run()
    assert not page.exception
    whole, one, names, count = page.session_state["found"]
    assert whole == one == {"blocks": 4, "box": None, "own": 3}
    assert (names, count) == (set(whole), 3)
    assert page.session_state["absent"] == [False, False, False]


def test_a_field_does_not_read_the_whole_session(monkeypatch: pytest.MonkeyPatch) -> None:
    one_key.install()
    monkeypatch.setattr(one_key.OneKey, "__iter__", lambda _: pytest.fail("read the whole session"))
    page = AppTest.from_string(FIELDS).run()
    page.number_input[0].set_value(7).run()
    assert not page.exception
    assert (page.number_input[0].value, page.session_state["model"]) == (7, "a")
