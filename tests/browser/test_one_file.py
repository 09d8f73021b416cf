"""The one-file page, opened from a disk with the network blocked."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from irnet.diagrams.page import page as written
from irnet.models import PRESETS, network

LIMIT = 400_000  # bytes, gzipped


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the largest network."""
    path = tmp_path_factory.mktemp("page") / "net.html"
    path.write_text(written(network("inception_resnet_v2.tf_slim")), encoding="utf-8")
    return path


@pytest.fixture
def opened(page: Page, file: Path) -> Page:
    """The file in a browser that refuses every request but the one for it."""
    page.context.set_offline(True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator(".frame[data-drawn]")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    return page


def test_a_box_opens_and_the_address_reopens_it(opened: Page) -> None:
    opened.locator("g[id='block_b']").dblclick()
    expect(opened.locator("g.cluster[id='block_b']")).to_be_visible()
    opened.locator("g[id='block_b.0.project']").click()
    expect(opened.get_by_role("cell", name="block_b.0.project", exact=True)).to_be_visible()
    address = opened.url
    opened.goto("about:blank")
    opened.goto(address)
    expect(opened.locator("g.chosen")).to_have_id("block_b.0.project")


def test_a_search_opens_what_hides_its_first_match(opened: Page) -> None:
    opened.get_by_label("Search").fill("1x7")
    expect(opened.locator("g.chosen")).to_have_id("block_b.0.body.b1.1")


def test_every_level_is_there(opened: Page) -> None:
    for level, path in (("branches", "block_a.0"), ("steps", "block_a.0.body.b2"), ("units", "block_a.0.body.b2.1")):
        opened.get_by_role("radio", name=level).check()
        expect(opened.locator(f"g.cluster[id='{path}']")).to_be_visible()


def test_a_dark_reader_gets_a_dark_drawing(opened: Page) -> None:
    opened.emulate_media(color_scheme="dark")
    expect(opened.locator(".sheet svg > rect")).to_have_attribute("fill", "#0e1117")


@pytest.mark.parametrize("name", PRESETS)
def test_the_file_is_small_enough_to_send(name: str) -> None:
    assert len(gzip.compress(written(network(name)).encode())) < LIMIT
