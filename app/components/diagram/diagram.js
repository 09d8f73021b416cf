// Called when the component appears and again whenever its data or the theme change; the DOM stays.
// Only the last clean-up runs, when the component goes: one state per root, and nothing attached twice.
const STATES = new WeakMap();
const SMALLEST = 0.1, LARGEST = 6, MARGIN = 8, BAR = 44;  // pixels; the buttons have a strip of their own

export default function ({ data, parentElement, setTriggerValue }) {
  const s = STATES.get(parentElement) ?? started(parentElement);
  s.send = (id) => setTriggerValue("clicked", id);
  s.choices = new Set(data.choices);
  s.selected = data.selected ?? null;
  s.view.setAttribute("aria-label", data.label);
  s.frame.style.height = `${data.height}px`;
  const url = isDark(parentElement) ? data.dark : data.light;
  if (url === s.url) mark(s); else show(s, url);
  return () => { s.gone.abort(); s.watcher.disconnect(); STATES.delete(parentElement); };
}

function started(root) {
  const s = { frame: root.querySelector(".frame"), view: root.querySelector(".view"), sheet: root.querySelector(".sheet"), gone: new AbortController() };
  STATES.set(root, s);
  listen(s, root);
  s.watcher = new ResizeObserver(() => { if (s.fitted) fit(s); });
  s.watcher.observe(s.view);
  return s;
}

function isDark(root) {
  const probe = document.createElement("i");
  probe.style.cssText = "display:none;color:var(--st-background-color)";
  root.appendChild(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

async function show(s, url) {
  s.url = url;
  let text;
  try {
    const answer = await fetch(new URL(url.replace(/^\//, ""), document.baseURI), { signal: s.gone.signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    text = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError" && url === s.url) refuse(s, `The diagram could not be fetched (${error.message}); reload the page.`);
    return;
  }
  if (url !== s.url) return;                       // a newer picture was asked for meanwhile
  s.sheet.replaceChildren(clean(text));
  s.svg = s.sheet.firstElementChild;
  offer(s);
  fit(s);
  mark(s);
  s.frame.dataset.drawn = url;                     // "the picture is there", for whoever waits for it
}

function refuse(s, sentence) {
  s.url = null;
  const p = document.createElement("p");
  p.className = "problem";
  p.textContent = sentence;
  s.sheet.replaceChildren(p);
}

function clean(text) {
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  svg.querySelectorAll("script,foreignObject,iframe").forEach((element) => element.remove());
  for (const element of svg.querySelectorAll("*"))
    for (const { name, value } of [...element.attributes])
      if (/^on/i.test(name) || (/href$/i.test(name) && /^\s*(javascript|data):/i.test(value))) element.removeAttribute(name);
  return document.importNode(svg, true);
}

// One tab stop; arrow keys walk from choice to choice.
function offer(s) {
  s.boxes = [...s.svg.querySelectorAll("g.node")].filter((g) => s.choices.has(g.id));
  s.svg.setAttribute("role", s.boxes.length ? "group" : "img");
  s.boxes.forEach((g, i) => {
    g.classList.add("choice");
    g.setAttribute("role", "button");
    g.setAttribute("tabindex", i ? "-1" : "0");
    g.setAttribute("aria-label", g.querySelector("desc")?.textContent ?? g.id);
  });
}

function mark(s) {
  for (const g of s.boxes ?? []) {
    g.classList.toggle("chosen", g.id === s.selected);
    g.setAttribute("aria-pressed", String(g.id === s.selected));
  }
}

function pick(s, event) {
  const g = event.composedPath().find((element) => element.classList?.contains("choice"));
  if (!g) return;
  s.selected = g.id;                               // at once, before the server answers
  mark(s);
  s.send(g.id);
}

function place(s, glide) {
  s.sheet.classList.toggle("glide", glide);
  s.sheet.style.transform = `translate(${s.x}px,${s.y}px) scale(${s.k})`;
}

function fit(s) {
  if (!s.svg?.width) return;
  const w = s.svg.width.baseVal.value, h = s.svg.height.baseVal.value;
  const W = s.view.clientWidth, H = s.view.clientHeight;
  s.fitted = true;
  s.k = Math.max(SMALLEST, Math.min((W - 2 * MARGIN) / w, (H - BAR - MARGIN) / h, 1.25));
  s.x = (W - w * s.k) / 2;
  s.y = BAR + (H - BAR - MARGIN - h * s.k) / 2;
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

function walk(s, event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const at = s.boxes?.findIndex((g) => g.matches(":focus")) ?? -1;
  if (!step || at < 0) return;
  event.preventDefault();
  const next = s.boxes[(at + step + s.boxes.length) % s.boxes.length];
  s.boxes.forEach((g) => g.setAttribute("tabindex", g === next ? "0" : "-1"));
  next.focus();
}

function listen(s, root) {
  const on = (what, act, more) => s.view.addEventListener(what, act, { signal: s.gone.signal, ...more });
  let down = null, dragged = false;
  on("pointerdown", (e) => { dragged = false; down = { x: e.clientX - s.x, y: e.clientY - s.y, fromX: e.clientX, fromY: e.clientY }; });
  on("pointermove", (e) => {
    if (!down) return;
    if (!dragged && Math.hypot(e.clientX - down.fromX, e.clientY - down.fromY) > 4) { dragged = true; s.fitted = false; s.view.setPointerCapture(e.pointerId); }
    if (dragged) { s.x = e.clientX - down.x; s.y = e.clientY - down.y; place(s, false); }
  });
  on("pointerup", () => { down = null; });
  on("pointercancel", () => { down = null; });
  on("click", (e) => { if (!dragged) pick(s, e); dragged = false; });
  on("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); pick(s, e); } else walk(s, e); });
  on("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return;          // a plain wheel scrolls the page
    e.preventDefault();
    const box = s.view.getBoundingClientRect();
    zoom(s, e.clientX - box.left, e.clientY - box.top, Math.exp(-e.deltaY / 300), false);
  }, { passive: false });
  root.querySelectorAll("button[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    if (button.dataset.zoom === "fit") fit(s);
    else zoom(s, s.view.clientWidth / 2, s.view.clientHeight / 2, button.dataset.zoom === "in" ? 1.25 : 0.8, true);
  }, { signal: s.gone.signal }));
}
