"""The page Open: a file of somebody's network, and every page of structure with it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.opened import EXAMPLES, OPENED
from tests.apps import LIVE, STRUCTURAL, opened, troubles

SLIP = "A port of Inception-v4 with a slip"


@pytest.fixture(scope="module")
def app() -> AppTest:
    page = opened("open")
    page.pills(key="open.example").select(SLIP).run()
    return page.run()


def test_an_example_is_named_with_what_differs(app: AppTest) -> None:
    assert not troubles(app)
    assert app.title[0].value == "A_port_of_Inception-v4_with_a_slip, opened"
    said = " ".join(one.value for one in app.markdown)
    assert "is nearest to Inception-v4 (TF-slim, timm): 1 difference" in said
    assert "the average counts its padding" in app.table[0].value.to_csv()


@pytest.mark.parametrize("page", [*STRUCTURAL, *LIVE])
def test_every_page_shows_an_opened_network_or_says_why_not(app: AppTest, page: str) -> None:
    app.switch_page(f"app/pages/{page}.py").run()
    assert not troubles(app)
    app.switch_page("app/pages/open.py").run()


def test_another_session_says_that_the_file_stays_with_the_first(app: AppTest) -> None:
    name = app.session_state[OPENED]
    assert name.startswith("A_port_of_Inception-v4_with_a_slip:")
    other = opened("network", **{OPENED: name})
    assert any("stays with the session that opened it" in sentence for sentence in troubles(other))
    assert not other.exception


def test_every_example_opens() -> None:
    for name in EXAMPLES:
        page = opened("open")
        page.pills(key="open.example").select(name).run()
        assert not troubles(page)
        assert page.title[0].value.endswith(", opened")
