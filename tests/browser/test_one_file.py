"""The one-file page, opened from a disk with the network blocked."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from irnet.diagrams.page import page as written
from irnet.lab.photograph import both_scales
from irnet.models import network

LIMIT = 400_000  # bytes, gzipped
WITH_PHOTOGRAPH = 2_000_000  # bytes
LEVELS = (("branches", "block_a.0"), ("steps", "block_a.0.body.b2"), ("units", "block_a.0.body.b2.1"))


def test_the_page_of_the_largest_network_is_small_asks_nobody_and_does_what_the_canvas_does(
    page: Page, tmp_path: Path
) -> None:
    content = written(network("inception_resnet_v2.tf_slim"))
    assert len(gzip.compress(content.encode())) < LIMIT
    (tmp_path / "net.html").write_text(content, encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.context.set_offline(True)
    try:
        page.goto((tmp_path / "net.html").as_uri())
        _used(page)
    finally:
        page.context.set_offline(False)
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []


def _used(page: Page) -> None:
    """A box opens, the address reopens it, a search opens what hides its match, levels and darkness are there."""
    expect(page.locator(".frame[data-drawn]")).to_be_visible()
    page.locator("g[id='block_b']").dblclick()
    expect(page.locator("g.cluster[id='block_b']")).to_be_visible()
    page.locator("g[id='block_b.0.project']").click()
    expect(page.get_by_role("cell", name="block_b.0.project", exact=True)).to_be_visible()
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("g.chosen")).to_have_id("block_b.0.project")
    page.get_by_label("Search", exact=True).fill("1x7")
    page.keyboard.press("Enter")
    expect(page.locator("g.chosen")).to_have_id("block_b.0.body.b1.1")
    for level, path in LEVELS:
        page.get_by_role("radio", name=level).check()
        expect(page.locator(f"g.cluster[id='{path}']")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".sheet svg > rect")).to_have_attribute("fill", "#0e1117")


def test_a_photograph_that_is_baked_in_is_in_every_box_with_and_without_scaling(page: Page, tmp_path: Path) -> None:
    spec = network("inception_resnet_v2.tf_slim")
    content = written(spec, photographs=both_scales(spec, "coffee"))
    assert len(content.encode()) < WITH_PHOTOGRAPH
    (tmp_path / "net.html").write_text(content, encoding="utf-8")
    page.goto((tmp_path / "net.html").as_uri())
    expect(page.get_by_text("Untrained, init tf, seed 0; batch statistics")).to_be_visible()
    for level in ("units", "steps"):
        page.get_by_role("radio", name=level).check()
        expect(page.locator("g.cluster[id='block_a.0']")).to_be_visible()
        expect(page.locator(".slot:not(.full)")).to_have_count(0)
    scaled = page.locator("g[id='block_b.0.scale']")
    before = scaled.get_attribute("aria-label")
    assert "mean magnitude" in str(before)
    page.get_by_role("radio", name="without scaling").check()
    expect(scaled).not_to_have_attribute("aria-label", str(before))
    expect(page).to_have_url(re.compile(r"scale=without\+scaling"))
    page.reload()
    expect(page.get_by_role("radio", name="without scaling")).to_be_checked()
    _channels(page)
    expect(page.locator("g[id='input'] image.photo")).to_have_attribute("href", re.compile("^data:image/jpeg"))


def _channels(page: Page) -> None:
    """The chosen box shows its strongest channels or one of them, as the address says; another box its mean."""
    box, choice = page.locator("g[id='block_a.0.add']"), page.get_by_label("This box shows")
    expect(choice).to_be_hidden()
    box.click()
    images = box.locator("image.magnitude:not(.channels)")
    means = [image.get_attribute("href") for image in images.all()]
    choice.select_option("the 9 strongest channels")
    expect(box.locator(".number").first).to_have_text(re.compile(r"^9 of \d+$"))
    choice.select_option(index=3)
    expect(page).to_have_url(re.compile(r"map=\d+"))
    number = re.search(r"map=(\d+)", page.url)
    assert number
    expect(box.locator(".number:not(.name)")).to_have_text([f"#{number[1]}"] * 4)
    channel = [image.get_attribute("href") for image in images.all()]
    assert len({*channel}) == 3  # x, F(x), which is s F(x) where nothing is scaled, and the sum
    assert {*channel}.isdisjoint(means)
    page.reload()
    expect(box.locator(".number:not(.name)").first).to_have_text(f"#{number[1]}")
    choice.select_option("mean magnitude")
    expect(images.first).to_have_attribute("href", str(means[0]))
