"""The page Open: a file of somebody's network, and every page of structure with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest

from app.opened import EXAMPLES, OPENED
from irnet.models import network
from irnet.runtime.build import build
from tests.apps import LIVE, SMALL, STRUCTURAL, opened, troubles
from tests.onnx_files import onnx_of

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


def test_a_file_is_opened_and_weights_alone_are_named(tmp_path: Path) -> None:
    small = network("inception_resnet_v1.paper", a=2, b=1, c=1, classes=10)
    save_file(build(small).state_dict(), tmp_path / "mine.safetensors")
    (tmp_path / "mine.onnx").write_bytes(onnx_of(build(small), small.input_shape, folded=True))
    page = opened("open")
    for name, told in (
        ("mine.safetensors", "mine.safetensors is inception_resnet_v1.paper (block_a.repeat=2, block_b.repeat=1"),
        ("mine.onnx", "mine.onnx is nearest to Inception-ResNet-v1 (paper)"),
    ):
        page.file_uploader(key="open.file").set_value((name, (tmp_path / name).read_bytes(), "")).run()
        assert not troubles(page)
        assert told in " ".join(one.value.replace("\\", "") for one in page.markdown)
    assert page.title[0].value == "mine, opened"


def test_an_opened_network_runs_with_the_weights_of_its_file() -> None:
    small = network("inception_resnet_v1.paper", a=1, b=1, c=1, classes=10, input_size=SMALL)
    data = onnx_of(build(small), small.input_shape, weights=True)
    page = opened("open")
    page.file_uploader(key="open.file").set_value(("mine.onnx", data, "")).run()
    page.query_params["weights"], page.query_params["plot"] = "true", "Classes"
    page.switch_page("app/pages/activations.py").run()
    page.toggle(key="own.weights").set_value(True).run()
    assert not troubles(page)
    said = " ".join(one.value for one in page.caption)
    assert "eights loaded from mine.onnx" in said
    assert len(page.dataframe[0].value) == 5


@pytest.mark.parametrize("name", ["x.onnx", "x.pt2", "x.keras", "x.h5", "x.json", "x.pt"])
def test_a_broken_file_gets_one_sentence_and_the_page_goes_on(name: str) -> None:
    page = opened("open")
    page.file_uploader(key="open.file").set_value((name, b"<b>no network</b>", "")).run()
    assert not page.exception
    assert [error.value.lower().partition(" ")[0] for error in page.error] == [name]
    page.file_uploader(key="open.file").set_value([]).run()
    page.pills(key="open.example").select(SLIP).run()
    assert page.title[0].value.endswith(", opened")
