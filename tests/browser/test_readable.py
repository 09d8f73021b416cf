"""Every page with a canvas, measured as it opens: text that can be read, nothing on a box, nothing cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from irnet.diagrams.page import page as written
from irnet.models import network
from tests.browser.conftest import Viewer

LEAST = 11  # pixels
SMALLER = "inception_resnet_v1.paper.width=95&inception_resnet_v1.paper.height=95&model=inception_resnet_v1.paper"
PAGES = (
    "",
    "network",
    "network?level=units",
    "network?flow=right",
    "network?turned=block_b&box=block_b.0.body.b1.1&flow=right",
    "compare?down=branches",
    "compare?flow=right",
    "edit?box=block_b",
    "errata?erratum=E4",
    f"maps?{SMALLER}",
    f"field?{SMALLER}&field=Choose+in+the+diagram",
    "figures?figure=figure_17",
    "learn?lesson=tour&step=2",
)
FRAMES = """[...document.querySelectorAll('*')]
  .map((e) => e.shadowRoot?.querySelector('.frame') ?? (e.matches('.frame') ? e : null)).filter(Boolean)"""
READY = f"() => {{ const all = {FRAMES}; return all.length > 0 && all.every((frame) => frame.dataset.drawn); }}"
# What is wrong with the canvases of a page; a drawing is measured in its own points, so that rounding plays no part.
MEASURE = """(least) => {
  const found = [];
  const frames = FRAMES;
  const apart = (a, b) => a.right <= b.left + 0.5 || a.bottom <= b.top + 0.5;
  const meet = (a, b) => !apart(a, b) && !apart(b, a);
  for (const frame of frames) {
    const svg = frame.querySelector('.sheet svg'), scale = svg.getScreenCTM().a;
    const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent.trim());
    const smallest = Math.min(...texts.map((text) => parseFloat(text.getAttribute('font-size') ?? 12))) * scale;
    if (smallest < least - 0.01) found.push(`text of ${smallest.toFixed(1)} pixels`);
    const view = frame.querySelector('.view').getBoundingClientRect(), around = frame.getBoundingClientRect();
    for (const name of ['.top', '.map', '.legend']) {
      const part = frame.querySelector(name), box = part.getBoundingClientRect();
      if (part.hidden) continue;
      if (meet(box, view)) found.push(`${name} lies on the drawing`);
      for (const item of [part, ...part.querySelectorAll('li, button:not([hidden]), input')]) {
        const { left, right, bottom, width } = item.getBoundingClientRect();
        const out = left < around.left || right > around.right + 0.5 || bottom > around.bottom + 0.5;
        if (width && out) found.push(`${name} is cut off: ${item.textContent}`);
      }
    }
    const tops = Math.max(Math.min(560, innerHeight - 80), innerHeight - around.top - 16);
    const above = document.querySelector('[data-testid=stMain]')?.scrollTop;
    const own = getComputedStyle(frame).getPropertyValue('--canvas-height');  // a page may want another height
    if (above === 0 && !own && Math.abs(around.height - tops) > 2) found.push(`height ${around.height}, not ${tops}`);
    for (const g of svg.querySelectorAll('g.node')) {
      const shape = g.querySelector('path, polygon')?.getBBox();
      for (const text of g.querySelectorAll('text')) {
        if (!shape || text.matches('.pin') || !text.textContent) continue;
        const { x, width } = text.getBBox();
        if (x < shape.x + 1 || x + width > shape.x + shape.width - 1) found.push(`touches: ${text.textContent}`);
      }
    }
    const lines = [...svg.querySelectorAll('g.edge > path')].map((path) => {
      const length = path.getTotalLength(), count = Math.ceil(length / 2);
      const point = (_, i) => path.getPointAtLength(length * i / count);
      return { box: path.getBBox(), points: () => Array.from({ length: count + 1 }, point) };
    });
    for (const title of svg.querySelectorAll('g.cluster > text')) {
      const { x, y, width, height } = title.getBBox(), right = x + width, bottom = y + height;
      const near = ({ box }) => box.x <= right && box.x + box.width >= x && box.y <= bottom && box.y + box.height >= y;
      const inside = (p) => p.x > x && p.x < right && p.y > y && p.y < bottom;
      if (lines.some((one) => near(one) && one.points().some(inside))) found.push(`struck: ${title.textContent}`);
    }
  }
  return found;
}""".replace("FRAMES", FRAMES)


def faults(page: Page) -> Any:
    page.wait_for_function(READY)
    return page.evaluate(MEASURE, LEAST)


@pytest.mark.parametrize("address", PAGES)
def test_a_canvas_opens_readable_and_with_nothing_on_its_boxes(viewer: Viewer, address: str) -> None:
    page = viewer.open(address)
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    viewer.open(address)
    assert faults(page) == []


def test_so_does_the_one_file_page(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "net.html"
    file.write_text(written(network("inception_resnet_v1.paper")), encoding="utf-8")
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(file.as_uri())
        assert faults(page) == []
