"""What every view keeps to: axe-core finds nothing, focus is seen, nothing is cut off or needs a sideways scroll."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Rule -> what is in the markup of Streamlit's own elements that break it, each with the reason.
THEIRS = {
    # The drop zone around every upload has the role "presentation" and a label: one contradicts the other.
    "presentation-role-conflict": "stFileUploaderDropzone",
    # Streamlit colours the strings of written source itself; a theme's greenColor does not change them.
    "color-contrast": '<span class="token ',
}
RULES: dict[str, Any] = {"resultTypes": ["violations"]}  # what is right is not listed
COLOURS = RULES | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
FITS = "(width) => document.querySelector('[data-testid=stMain]').scrollWidth <= width"
# A table that is drawn on a canvas follows its page a moment later.
REDRAWN = """() => window.drawnTexts.size > 0 || ![...document.querySelectorAll('[data-testid=stDataFrame] canvas')]
  .some(e => e.getBoundingClientRect().width > 1)"""
TALL = 2400  # pixels: what is out of sight is not drawn
NARROW = ((390, TALL), (720, 450))  # CSS pixels: as wide as a phone, and a laptop at 200 %
SHADOWS = "[...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean)"
# Streamlit's page and the drawings are dark, and no colour is on its way to another any more.
DARK = f"""() => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === 'dark'
  && {SHADOWS}.flatMap((root) => [...root.querySelectorAll('.sheet svg > rect')])
    .every((paper) => paper.getAttribute('fill') === '#0e1117')
  && document.getAnimations().every(one => one.effect.getComputedTiming().endTime === Infinity)"""
FOCUSED = """let now = document.activeElement;
  while (now?.shadowRoot?.activeElement) now = now.shadowRoot.activeElement;"""
# A ring or a shadow; around an input Streamlit paints the border of the field or the dot of the slider, and in its own
# tables the cell.
SEEN = """(e) => {
  if (!e || e.matches('body, main, input:not([role=switch]), textarea, [data-testid=stDataFrame] *')) return true;
  if (e.closest('[data-testid=stElementToolbar]')) return true;
  const seen = ({ outlineStyle, boxShadow }) => outlineStyle !== 'none' || boxShadow !== 'none';
  return [e, e.closest('label') ?? e].map((one) => getComputedStyle(one)).some(seen);
}"""
UNSEEN = f"() => {{ {FOCUSED} return ({SEEN})(now) ? '' : now.outerHTML.slice(0, 160); }}"
STOPS = f"""async () => {{
  const stops = [document, ...{SHADOWS}].flatMap((root) => [...root.querySelectorAll('*')]), unseen = [];
  for (const e of stops) {{
    if (!(e.tabIndex >= 0) || e.disabled || !e.getClientRects().length) continue;
    e.focus({{ preventScroll: true }});
    await new Promise(requestAnimationFrame);
    {FOCUSED}
    if (now === e && !({SEEN})(e)) unseen.push(e.outerHTML.slice(0, 160));
    e.blur();
  }}
  return unseen;
}}"""
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


def violations(page: Page, options: dict[str, Any] = RULES) -> list[tuple[str, list[str]]]:
    """Rule and markup of what axe-core finds and is ours."""
    rules = {rule["id"]: _ours(rule) for rule in Axe().run(page, options=options).response["violations"]}
    return [(rule, nodes[:4]) for rule, nodes in rules.items() if nodes]


def _ours(rule: dict[str, Any]) -> list[str]:
    theirs = THEIRS.get(rule["id"])
    return [node["html"][:160] for node in rule["nodes"] if not theirs or theirs not in node["html"]]


def cut_off(page: Page) -> list[str]:
    """Every text with a digit that has lost a part of itself and cannot be scrolled to; `RECORD` must have run."""
    found: list[str] = page.evaluate(CUT)
    return found


def faults(page: Page) -> list[object]:
    """What is wrong with a page that was opened and drawn, light and dark, wide and narrow."""
    found: list[object] = [*violations(page), *cut_off(page)]
    page.keyboard.press("Tab")  # who uses the keyboard is shown where the focus is
    found += page.evaluate(STOPS)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(DARK)
    found += violations(page, COLOURS)
    for width, height in NARROW:
        page.evaluate("window.drawnTexts.clear()")
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(FITS, arg=width)  # a chart needs a moment to follow
        if height == TALL:
            page.wait_for_function(REDRAWN)
            found += cut_off(page)
    return found
