// Where the reader stands: pan, zoom, fit, and a small map once the picture is larger than the view.
const SMALLEST = 0.05, LARGEST = 6, MARGIN = 8, NEAREST = 2.5, SHARP = 1.5, LEGIBLE = 11;  // pixels
const ROOM = 560, LEAST = 560, BELOW = 16;  // pixels: what the small map needs beside it, the least height, what stays free below

function place(s, glide) {
  s.sheet.classList.toggle("glide", Boolean(glide));
  s.sheet.style.transform = `translate(${s.x}px,${s.y}px) scale(${s.k})`;
  const w = size(s).w * s.k, h = size(s).h * s.k, W = s.view.clientWidth, H = s.view.clientHeight;
  s.sheet.style.willChange = s.k > SHARP ? "auto" : "";  // a layer of its own is enlarged as it was painted, blurred
  closer(s);
  s.map.hidden = !s.mapped || s.frame.clientWidth < ROOM || (w <= W && h <= H);
  if (s.map.hidden) return;
  const m = s.map.querySelector("img"), frame = s.map.querySelector("i").style;
  frame.left = `${(-s.x / w) * m.clientWidth}px`;
  frame.top = `${(-s.y / h) * m.clientHeight}px`;
  frame.width = `${(W / w) * m.clientWidth}px`;
  frame.height = `${(H / h) * m.clientHeight}px`;
}

function size(s) {
  return { w: s.svg?.width.baseVal.value ?? 1, h: s.svg?.height.baseVal.value ?? 1 };
}

function fit(s) {
  if (!s.svg || !s.view.clientWidth) return;
  const { w, h } = size(s), W = s.view.clientWidth, H = s.view.clientHeight;
  s.framing = fit;
  s.k = Math.max(SMALLEST, Math.min((W - 2 * MARGIN) / w, (H - 2 * MARGIN) / h, 1.25));
  s.x = (W - w * s.k) / 2;
  s.y = (H - h * s.k) / 2;
  place(s, false);
}

// The scale at which the smallest text can be read.
function legible(s) {
  const sizes = [...s.svg.querySelectorAll("text")].map((text) => Number(text.getAttribute("font-size")) || 12);
  return LEGIBLE / (Math.min(...sizes, 12) * (size(s).w / s.svg.viewBox.baseVal.width));
}

// The first look: everything, or, where that would be too small to read, as much as can be read around what is chosen.
function begin(s) {
  fit(s);
  if (!s.svg || !s.view.clientWidth) return;
  s.framing = begin;
  const least = legible(s);
  if (s.k >= least) return;
  const { w, h } = size(s), W = s.view.clientWidth, H = s.view.clientHeight;
  s.k = least;
  s.x = s.y = 0;
  place(s, false);
  const chosen = find(s, s.selected), target = chosen ?? s.svg.querySelector("g.node");
  const view = s.view.getBoundingClientRect(), box = target?.getBoundingClientRect() ?? view;
  const middle = (start, length, room) => room / 2 - start - Math.min(length, room - 2 * MARGIN) / 2;  // or its start
  s.x = within(middle(box.left - view.left, box.width, W), W, w * s.k);
  s.y = within(chosen ? middle(box.top - view.top, box.height, H) : MARGIN, H, h * s.k);
  place(s, false);
}

// Where a length starts in a room: in its middle if it fits, else as asked for, but with no more than a margin left empty.
function within(asked, room, length) {
  if (length <= room - 2 * MARGIN) return (room - length) / 2;
  return Math.min(MARGIN, Math.max(room - length - MARGIN, asked));
}

// As high as the window leaves room for below what stands above the canvas, if the style sheet of the page says no height.
function fill(s) {
  if (!s.fills) return;
  let around = s.frame.getRootNode().host ?? s.frame.parentElement;
  while (around && !/auto|scroll/.test(getComputedStyle(around).overflowY)) around = around.assignedSlot ?? around.parentElement ?? around.getRootNode().host;
  const top = s.frame.getBoundingClientRect().top + (around ?? document.scrollingElement).scrollTop;
  const own = getComputedStyle(s.frame).getPropertyValue("--canvas-height").trim();
  const height = own || `${Math.round(Math.max(Math.min(LEAST, innerHeight - 80), innerHeight - top - BELOW))}px`;
  if (s.frame.style.height !== height) s.frame.style.height = height;
  const inside = (around ?? document.body).firstElementChild;
  if (inside && inside !== s.inside) s.watcher.observe((s.inside = inside));
}

function zoom(s, x, y, factor, glide) {
  const k = Math.min(LARGEST, Math.max(SMALLEST, s.k * factor));
  s.x = x - (x - s.x) * (k / s.k);
  s.y = y - (y - s.y) * (k / s.k);
  s.k = k;
  s.framing = null;
  place(s, glide);
}

// Make an element as large as the view allows.
function near(s, element) {
  if (!element) return;
  const view = s.view.getBoundingClientRect(), box = element.getBoundingClientRect();
  const W = view.width - 2 * MARGIN, H = view.height - 2 * MARGIN;
  const grow = Math.min(W / box.width, H / box.height, (s.found ? LARGEST : NEAREST) / s.k);
  s.x = view.width / 2 - (box.left + box.width / 2 - view.left - s.x) * grow;
  s.y = MARGIN + H / 2 - (box.top + box.height / 2 - view.top - s.y) * grow;
  s.k *= grow;
  s.framing = null;
  place(s, true);
}

// Bring an element into view: moved as little as possible, made smaller only if it would not fit and can still be read.
// Of one that is too large even so, the start is shown.
function reveal(s, element, glide) {
  const view = s.view.getBoundingClientRect(), box = element.getBoundingClientRect();
  const W = view.width - 2 * MARGIN, H = view.height - 2 * MARGIN;
  const shrink = Math.min(1, Math.max(legible(s) / s.k, Math.min(W / box.width, H / box.height)));
  const left = box.left - view.left, top = box.top - view.top;
  if (left >= 0 && top >= 0 && left + box.width <= view.width && top + box.height <= view.height) return;
  if (shrink < 1) {
    s.x = MARGIN + Math.max(0, W - box.width * shrink) / 2 - (left - s.x) * shrink;
    s.y = MARGIN - (top - s.y) * shrink;
    s.k *= shrink;
  } else {
    s.x += Math.max(0, MARGIN - left) - Math.max(0, left + Math.min(box.width, W) - MARGIN - W);
    s.y += Math.max(0, MARGIN - top) - Math.max(0, top + Math.min(box.height, H) - MARGIN - H);
  }
  s.framing = null;
  place(s, glide);
}
