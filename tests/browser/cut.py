"""Which texts with digits in them are cut off on a page, in cells that are drawn on a canvas and in the document."""

from __future__ import annotations

from playwright.sync_api import Page

# Remembers, of every text that is drawn on a canvas, whether what was clipped around it takes a part of it away.
RECORD = """(() => {
  const known = new WeakMap(), canvas = CanvasRenderingContext2D.prototype;
  window.drawnTexts = new Map();
  const of = (context) => {
    if (!known.has(context)) known.set(context, {left: -Infinity, right: Infinity, stack: []});
    return known.get(context);
  };
  const ends = (context, x, width) => {
    const matrix = context.getTransform(), one = matrix.a * x + matrix.e, two = matrix.a * (x + width) + matrix.e;
    return [Math.min(one, two), Math.max(one, two)];
  };
  const after = (name, then) => {
    const before = canvas[name];
    canvas[name] = function (...given) { then(this, of(this), ...given); return before.apply(this, given); };
  };
  after('save', (_, state) => state.stack.push([state.left, state.right]));
  after('restore', (_, state) => { if (state.stack.length) [state.left, state.right] = state.stack.pop(); });
  after('beginPath', (_, state) => { state.path = null; });
  after('rect', (context, state, x, y, width) => { state.path = ends(context, x, width); });
  after('clip', (_, state) => {
    if (!state.path) return;
    [state.left, state.right] = [Math.max(state.left, state.path[0]), Math.min(state.right, state.path[1])];
  });
  after('fillText', (context, state, text, x, y) => {
    const width = context.measureText(text).width;
    const start = x - {right: width, end: width, center: width / 2}[context.textAlign] || x;
    const [left, right] = ends(context, start, width), row = Math.round(y);
    const cut = left < state.left - 1 || right > state.right + 1;
    window.drawnTexts.set(`${text} at ${row}`, cut);
  });
})()"""

CUT = r"""() => {
  const ELSEWHERE = 'svg, canvas, style, math, .katex, .js-plotly-plot';
  const drawn = [...window.drawnTexts].filter(([text, lost]) => lost && /\d/.test(text));
  const cut = drawn.map(([text]) => `drawn: ${text}`);
  const walker = document.createTreeWalker(document.querySelector('[data-testid=stMain]'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!/\d/.test(node.data) || node.parentElement.closest(ELSEWHERE)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const {left, right, width} = range.getBoundingClientRect();
    if (!width) continue;
    for (let around = node.parentElement; around; around = around.parentElement) {
      const style = getComputedStyle(around), box = around.getBoundingClientRect();
      if (style.position === 'absolute' && box.width <= 1 || box.width <= 1) break;  // for screen readers
      if (/auto|scroll/.test(style.overflowX)) break;  // it can be brought into view
      if (style.overflowX !== 'visible' && (left < box.left - 1 || right > box.right + 1)) {
        cut.push(`written: ${node.data.trim()}`);
        break;
      }
    }
  }
  return cut;
}"""


def cut_off(page: Page) -> list[str]:
    """Every text with a digit that has lost a part of itself and cannot be scrolled to; `RECORD` must have run."""
    found: list[str] = page.evaluate(CUT)
    return found
