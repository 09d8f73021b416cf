// Where the reader stands: pan, zoom, fit, and a small map once the picture is larger than the view.
const SMALLEST = 0.05, LARGEST = 6, MARGIN = 8, BAR = 44, READABLE = 0.6, NEAREST = 2.5, SHARP = 1.5;  // pixels; the buttons have a strip of their own

function place(s, glide) {
  s.sheet.classList.toggle("glide", Boolean(glide));
  s.sheet.style.transform = `translate(${s.x}px,${s.y}px) scale(${s.k})`;
  const w = size(s).w * s.k, h = size(s).h * s.k, W = s.view.clientWidth, H = s.view.clientHeight;
  s.sheet.style.willChange = s.k > SHARP ? "auto" : "";  // a layer of its own is enlarged as it was painted, blurred
  closer(s);
  s.map.hidden = !s.mapped || (w <= W && h <= H);
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
  s.fitted = true;
  s.k = Math.max(SMALLEST, Math.min((W - 2 * MARGIN) / w, (H - BAR - MARGIN) / h, 1.25));
  s.x = (W - w * s.k) / 2;
  s.y = BAR + (H - BAR - MARGIN - h * s.k) / 2;
  place(s, false);
}

// The first look: everything, or, where that would be too small to read, the full width around what is chosen.
function begin(s) {
  fit(s);
  if (!s.svg || !s.mapped || s.k >= READABLE) return;  // a plain figure is shown whole
  const { w, h } = size(s), W = s.view.clientWidth, H = s.view.clientHeight;
  s.k = Math.max(READABLE, Math.min(s.across ? (H - BAR - MARGIN) / h : (W - 2 * MARGIN) / w, 1));
  s.x = s.across ? MARGIN : (W - w * s.k) / 2;
  s.y = s.across ? BAR + (H - BAR - MARGIN - h * s.k) / 2 : BAR;
  s.fitted = false;
  place(s, false);
  const chosen = find(s, s.selected);
  if (!chosen) return;
  const view = s.view.getBoundingClientRect(), box = chosen.getBoundingClientRect();
  if (w * s.k > W) s.x += W / 2 - (box.left - view.left + box.width / 2);
  s.y += H / 2 - (box.top - view.top + box.height / 2);
  place(s, false);
}

function zoom(s, x, y, factor, glide) {
  const k = Math.min(LARGEST, Math.max(SMALLEST, s.k * factor));
  s.x = x - (x - s.x) * (k / s.k);
  s.y = y - (y - s.y) * (k / s.k);
  s.k = k;
  s.fitted = false;
  place(s, glide);
}

// Make an element as large as the view allows.
function near(s, element) {
  if (!element) return;
  const view = s.view.getBoundingClientRect(), box = element.getBoundingClientRect();
  const W = view.width - 2 * MARGIN, H = view.height - BAR - MARGIN;
  const grow = Math.min(W / box.width, H / box.height, (s.found ? LARGEST : NEAREST) / s.k);
  s.x = view.width / 2 - (box.left + box.width / 2 - view.left - s.x) * grow;
  s.y = BAR + H / 2 - (box.top + box.height / 2 - view.top - s.y) * grow;
  s.k *= grow;
  s.fitted = false;
  place(s, true);
}

// Bring an element into view: moved as little as possible, made smaller only if it would not fit.
function reveal(s, element, glide) {
  const view = s.view.getBoundingClientRect(), box = element.getBoundingClientRect();
  const W = view.width - 2 * MARGIN, H = view.height - BAR - MARGIN;
  const shrink = Math.min(1, W / box.width, H / box.height);
  const left = box.left - view.left, top = box.top - view.top;
  if (shrink < 1) {
    s.x = MARGIN + (W - box.width * shrink) / 2 - (left - s.x) * shrink;
    s.y = BAR - (top - s.y) * shrink;
    s.k *= shrink;
  } else {
    s.x += Math.max(0, MARGIN - left) - Math.max(0, left + box.width - MARGIN - W);
    s.y += Math.max(0, BAR - top) - Math.max(0, top + box.height - BAR - H);
  }
  s.fitted = false;
  place(s, glide);
}
