// Called when the canvas appears and again whenever its data or the theme change; the DOM stays.
// Only the last clean-up runs, when the canvas goes: one state per root, and nothing attached twice.
const STATES = new WeakMap();
const REMEMBERED = 40;  // pictures

export default function canvas({ data, parentElement, setTriggerValue }) {
  const s = STATES.get(parentElement) ?? started(parentElement);
  s.send = (what, value) => setTriggerValue(what, value);
  const offered = s.choices?.size === data.choices.length && data.choices.every((id) => s.choices.has(id));
  s.choices = new Set(data.choices);
  s.openable = new Set(data.openable);
  s.spoken = data.spoken ?? {};
  s.mapped = Boolean(data.map);
  const moved = (data.selected ?? null) !== s.selected;
  s.selected = data.selected ?? null;
  s.view.setAttribute("aria-label", data.label);
  s.frame.style.height = `${data.height}px`;
  const dark = isDark(parentElement);
  const picture = (dark ? data.dark : data.light);
  if (picture !== s.picture) show(s, picture);
  else {
    if (!offered && s.svg) offer(s);
    mark(s);
    if (moved && find(s, s.selected)) reveal(s, find(s, s.selected), true);
  }
  return () => { s.gone.abort(); s.watcher.disconnect(); STATES.delete(parentElement); };
}

function started(root) {
  const s = { frame: root.querySelector(".frame"), gone: new AbortController(), selected: null, texts: new Map(), steps: new Map() };
  for (const part of ["view", "sheet", "map", "bar"]) s[part] = root.querySelector(`.${part}`);
  STATES.set(root, s);
  listen(s);
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

// A picture is an address, or the text of an SVG itself.
async function show(s, picture) {
  s.picture = picture;
  let text = picture;
  if (!picture.startsWith("<")) {
    try {
      const answer = await fetch(new URL(picture.replace(/^\//, ""), document.baseURI), { signal: s.gone.signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      text = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError" && picture === s.picture) refuse(s, `The diagram could not be fetched (${error.message}); reload the page.`);
      return;
    }
    if (picture !== s.picture) return;             // a newer picture was asked for meanwhile
  }
  remember(s, picture, text);
  draw(s, text);
  chart(s, picture, text);
}

// What was seen once is shown at once: a step from a picture by a box leads to the same picture again.
function remember(s, picture, text) {
  s.texts.set(picture, text);
  if (s.texts.size > REMEMBERED) s.texts.delete(s.texts.keys().next().value);
  if (s.step) s.steps.set(s.step, picture);
  s.step = null;
}

function recall(s, id) {
  s.step = `${s.picture} ${id}`;
  const picture = s.steps.get(s.step), text = s.texts.get(picture);
  if (!text) return;
  s.picture = picture;
  s.step = null;
  s.selected = id;
  draw(s, text);
  chart(s, picture, text);
}

function chart(s, picture, text) {
  if (s.mapped) {
    s.map.querySelector("img").onload = () => place(s, false);
    s.map.querySelector("img").src = picture.startsWith("<") ? `data:image/svg+xml,${encodeURIComponent(text)}` : picture;
  }
}

function draw(s, text) {
  const before = positions(s), focused = s.frame.getRootNode().activeElement?.id;
  s.sheet.replaceChildren(clean(text));
  s.svg = s.sheet.firstElementChild;
  offer(s);
  links(s);
  if (before.size) anchor(s, before); else begin(s);
  mark(s);
  glide(s, before);
  const chosen = find(s, s.selected);
  if (chosen && !before.has(s.selected)) reveal(s, chosen, false);
  if (focused) find(s, focused)?.focus({ preventScroll: true });
  s.frame.dataset.drawn = String(Number(s.frame.dataset.drawn ?? 0) + 1);
}

function refuse(s, sentence) {
  s.picture = null;
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
  s.boxes = [...s.svg.querySelectorAll("g.node, g.cluster")].filter((g) => s.choices.has(g.id));
  s.svg.setAttribute("role", s.boxes.length ? "group" : "img");
  for (const g of s.boxes) {
    g.classList.add("choice");
    g.setAttribute("role", "button");
    g.setAttribute("aria-label", s.spoken[g.id] ?? g.querySelector("desc")?.textContent ?? g.id);
    if (s.openable.has(g.id)) g.setAttribute("aria-expanded", String(g.classList.contains("cluster")));
  }
}

function mark(s) {
  const stop = (s.boxes ?? []).find((g) => g.id === s.selected) ?? s.boxes?.[0];
  for (const g of s.boxes ?? []) {
    g.classList.toggle("chosen", g.id === s.selected);
    g.setAttribute("aria-pressed", String(g.id === s.selected));
    g.setAttribute("tabindex", g === stop ? "0" : "-1");
  }
  const button = s.bar.querySelector("[data-do=toggle]"), box = find(s, s.selected);
  button.hidden = !box || !s.openable.has(s.selected);
  if (!button.hidden) button.textContent = box.classList.contains("cluster") ? "Close" : "Open";
}

function choose(s, id) {
  if (s.selected === id) return;
  s.selected = id;                                 // at once, before the server answers
  mark(s);
  s.send("clicked", id);
}

function toggle(s, id) {
  s.turned = id;
  s.fitted = false;
  s.send("toggled", id);
  recall(s, id);
}

function listen(s) {
  const on = (target, what, act, more) => target.addEventListener(what, act, { signal: s.gone.signal, ...more });
  const picked = (e) => e.composedPath().find((element) => element.classList?.contains("choice"));
  on(s.view, "click", (e) => { const g = picked(e); if (!s.dragged && g) choose(s, g.id); s.dragged = false; });
  on(s.view, "dblclick", (e) => { const g = picked(e); if (g && s.openable.has(g.id)) toggle(s, g.id); });
  on(s.view, "keydown", (e) => pressed(s, e));
  on(s.view, "wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey && !document.fullscreenElement) return;  // a plain wheel scrolls the page
    e.preventDefault();
    const box = s.view.getBoundingClientRect();
    zoom(s, e.clientX - box.left, e.clientY - box.top, Math.exp(-e.deltaY / 300), false);
  }, { passive: false });
  fingers(s, on);
  const acts = {
    toggle: () => toggle(s, s.selected),
    in: () => zoom(s, s.view.clientWidth / 2, s.view.clientHeight / 2, 1.25, true),
    out: () => zoom(s, s.view.clientWidth / 2, s.view.clientHeight / 2, 0.8, true),
    fit: () => fit(s),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : s.frame.requestFullscreen()),
  };
  on(s.bar, "click", (e) => acts[e.target.closest("button")?.dataset.do]?.());
}

// One finger or the mouse drags; two fingers pinch.
function fingers(s, on) {
  const down = new Map();
  on(s.view, "pointerdown", (e) => { down.set(e.pointerId, { x: e.clientX, y: e.clientY }); s.dragged = false; s.travelled = 0; });
  on(s.view, "pointermove", (e) => {
    const was = down.get(e.pointerId);
    if (!was) return;
    const dx = e.clientX - was.x, dy = e.clientY - was.y, other = [...down].find(([id]) => id !== e.pointerId)?.[1];
    down.set(e.pointerId, { x: e.clientX, y: e.clientY });
    s.travelled += Math.hypot(dx, dy);
    if (s.travelled < 4) return;
    if (!s.dragged) { s.dragged = true; s.fitted = false; s.view.setPointerCapture(e.pointerId); }
    if (other) {
      const box = s.view.getBoundingClientRect(), far = (p) => Math.hypot(p.x - other.x, p.y - other.y);
      zoom(s, other.x - box.left, other.y - box.top, far({ x: e.clientX, y: e.clientY }) / Math.max(1, far(was)), false);
    } else { s.x += dx; s.y += dy; place(s, false); }
  });
  for (const what of ["pointerup", "pointercancel"]) on(s.view, what, (e) => down.delete(e.pointerId));
}
