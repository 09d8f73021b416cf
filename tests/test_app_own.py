"""The reader's own network, with its knobs and edits, on the pages that show others."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from irnet.edit import network_of_label
from irnet.models import network
from irnet.tree.totals import totals
from tests.apps import opened, troubles

V4 = "inception_v4.paper"
EDIT = "inception_b.0.b1.filters=200"


def rows(app: AppTest) -> dict[str, str]:
    """Names and values of every table that has two columns."""
    tables = [table.value for table in app.table if table.value.shape[1] == 2]
    return {str(name): str(value) for table in tables for name, value in table.itertuples(index=False)}


def headers(app: AppTest) -> list[str]:
    return [header.value for header in app.header]


def test_the_overview_shows_an_edited_network_beside_its_preset() -> None:
    app = opened("overview", V4, **{f"{V4}.edits": EDIT, f"{V4}.a": 6})
    assert not troubles(app)
    assert f"Yours, from {V4}" in headers(app)
    made, first = totals(network_of_label(f"{V4} (a=6, {EDIT})")), totals(network(V4))
    assert rows(app)["Parameters"].endswith(f": {made.params - first.params:+,} to the preset's")
    assert rows(app)["MACs"].endswith(f": {made.macs - first.macs:+,} to the preset's")
    links = {link.proto.label: link.proto for link in app.get("page_link")}
    assert f"with={V4}" in links["Compare with the preset"].query_string.split("&")
    assert EDIT.replace("=", "%3D") in links["Open yours"].query_string


def test_the_overview_has_no_card_for_a_network_as_published() -> None:
    assert not [header for header in headers(opened("overview", V4)) if header.startswith("Yours")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "E4 concerns its block_b. Errata in it: E1, "),
        ({"inception_resnet_v2.paper.b": 0}, "E4 concerns nothing in it. Errata in it: E1, "),
        ({"inception_resnet_v2.paper.edits": "block_a.0.scale=0.2"}, "E4 concerns its block_b."),
    ],
)
def test_the_errata_page_tells_what_concerns_the_readers_network(changes: dict[str, object], said: str) -> None:
    app = opened("errata", "inception_resnet_v2.paper", erratum="E4", **changes)
    assert not troubles(app)
    lines = [caption.value for caption in app.caption if caption.value.startswith("Your network, ")]
    assert len(lines) == 1
    assert said in lines[0].replace("\\", "")
