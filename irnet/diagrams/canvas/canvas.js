// Called when the canvas appears and again whenever its data or the theme change; the DOM stays: one state per root.
// A clean-up runs when the canvas goes, and also when new data overtake a call: then the canvas has to go on.
const STATES = new WeakMap();
const REMEMBERED = 40, AGAIN = 1000, PATIENT = 8;  // pictures, milliseconds, how much longer each wait is than the last
const SHOWN = "irnet-canvas-shown", GONE = "irnet-canvas-gone";  // said to the other canvases of the page

export default function canvas({ data, parentElement, setTriggerValue }) {
  const s = STATES.get(parentElement) ?? started(parentElement);
  s.send = (what, value) => setTriggerValue(what, value);
  s.mapped = Boolean(data.map);
  s.across = data.flow === "right";
  s.links = data.links && new Set(data.links);  // boxes of a plain figure that lead somewhere
  s.pins = data.pins ?? {};
  s.view.setAttribute("aria-label", data.label);
  s.frame.querySelector("[role=search]")?.setAttribute("aria-label", `Search in: ${data.label.split(":")[0]}`);
  s.fills = data.height === "fill";
  if (s.fills) fill(s); else s.frame.style.height = typeof data.height === "number" ? `${data.height}px` : data.height;
  if (isOlder(s, data.answered ?? 0)) return s.leave;
  claim(s, data.slot);
  offerSearch(s, data.search, data.query);
  const selected = data.selected ?? null, moved = selected !== s.selected;
  s.selected = selected;
  const picture = isDark(parentElement) ? data.dark : data.light;
  if (picture !== s.picture) show(s, picture);
  else {
    mark(s);
    if (moved && find(s, s.selected)) reveal(s, find(s, s.selected), true);
  }
  look(s, data.maps, data.seen);
  return s.leave;
}

function started(root) {
  const s = { frame: root.querySelector(".frame"), gone: new AbortController(), selected: null, number: 0, texts: new Map(), hits: [] };
  for (const part of ["view", "sheet", "map", "bar", "top", "search", "count", "legend"]) s[part] = root.querySelector(`.${part}`);
  STATES.set(root, s);
  listen(s);
  s.watcher = new ResizeObserver(() => { fill(s); s.framing?.(s); });
  s.watcher.observe(s.view);
  s.leave = () => {
    if (root.isConnected) return;
    clearTimeout(s.again);
    clearTimeout(s.closing);
    s.gone.abort();
    s.watcher.disconnect();
    STATES.delete(root);
    document.dispatchEvent(new CustomEvent(GONE, { detail: s.slot }));
  };
  return s;
}

function isDark(root) {
  if (matchMedia("(forced-colors: active)").matches) return false;  // the system paints the page; a drawing brings its own paper
  const probe = document.createElement("i");
  probe.style.cssText = "display:none;color:var(--st-background-color)";
  root.appendChild(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

// A picture is an address, or the text of an SVG itself. What was seen once is shown at once.
async function show(s, picture) {
  s.picture = picture;
  let text = picture.startsWith("<") ? picture : s.texts.get(picture);
  if (!text) {
    try {
      const answer = await fetch(new URL(picture, document.baseURI), { signal: s.gone.signal });
      text = await answer.text();
      if (!answer.ok) throw new Error(text.length < 300 ? text : `status ${answer.status}`);
    } catch (error) {
      if (error.name !== "AbortError" && picture === s.picture) refuse(s, `The diagram could not be fetched (${error.message}); reload the page.`);
      return;
    }
    s.texts.set(picture, text);
    if (s.texts.size > REMEMBERED) s.texts.delete(s.texts.keys().next().value);
    if (picture !== s.picture) return;             // a newer picture was asked for meanwhile
  }
  draw(s, text);
  chart(s, picture, text);
}

// The address of the same picture with one more box turned over, as the server will write it.
function turnedOver(picture, id) {
  const [path, query] = picture.split("?"), asked = new URLSearchParams(query);
  const turned = new Set((asked.get("turned") ?? "").split(",").filter(Boolean));
  if (!turned.delete(id)) turned.add(id);
  asked.delete("turned");
  if (turned.size) asked.set("turned", [...turned].sort().join(","));
  asked.sort();
  return `${path}?${asked}`;
}

function chart(s, picture, text) {
  if (s.mapped) {
    s.map.querySelector("img").onload = () => place(s, false);
    s.map.querySelector("img").src = picture.startsWith("<") ? `data:image/svg+xml,${encodeURIComponent(text)}` : picture;
  }
}

function draw(s, text) {
  const what = s.picture.startsWith("<") ? "" : s.picture.split("?")[0];
  const before = what === s.drawn ? positions(s) : new Map();  // of another network nothing stays
  s.drawn = what;
  const old = s.svg && size(s);
  const focused = s.frame.getRootNode().activeElement?.id;
  s.sheet.replaceChildren(clean(text));
  s.svg = s.sheet.firstElementChild;
  explain(s);
  offer(s);
  links(s);
  if (before.size) anchor(s, before, old); else begin(s);
  mark(s);
  if (s.found) paint(s);
  glide(s, before);
  const chosen = find(s, s.selected);
  if (chosen && !before.has(s.selected)) reveal(s, chosen, false);
  if (focused) find(s, focused)?.focus({ preventScroll: true });
  if (s.retired) s.sheet.replaceChildren(withoutBoxes(s.svg));
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

// The legend that the drawing brings along, in a strip of its own: always in sight, and broken where the room ends.
function explain(s) {
  const swatches = JSON.parse(s.svg.querySelector("metadata")?.textContent || "[]");
  s.legend.hidden = !swatches.length;
  s.legend.replaceChildren(...swatches.map(({ text, fill, border, style, width, height }) => {
    const item = document.createElement("li"), patch = document.createElement("i");
    patch.style.cssText = `height:${1.3 * height}px;background:${fill};border:${width}px ${style} ${border}`;
    item.append(patch, text);
    return item;
  }));
}

// One tab stop; arrow keys walk from choice to choice.
function offer(s) {
  if (s.links) for (const g of s.svg.querySelectorAll("g.node")) g.classList.toggle("choice", s.links.has(g.id));
  s.boxes = [...s.svg.querySelectorAll("g.choice")];
  s.choices = new Set(s.boxes.map((g) => g.id));
  s.svg.setAttribute("role", s.boxes.length ? "group" : "img");
  for (const g of s.boxes) {
    g.setAttribute("role", "button");
    g.setAttribute("aria-label", g.querySelector("desc")?.textContent ?? g.id);
    if (g.classList.contains("opens")) g.setAttribute("aria-expanded", String(g.classList.contains("cluster")));
  }
}

function mark(s) {
  const stop = (s.boxes ?? []).find((g) => g.id === s.selected) ?? s.boxes?.[0];
  for (const g of s.boxes ?? []) {
    g.classList.toggle("chosen", g.id === s.selected);
    g.setAttribute("aria-pressed", String(g.id === s.selected));
    g.setAttribute("tabindex", g === stop ? "0" : "-1");
  }
  if (!s.boxes?.length) find(s, s.selected)?.classList.add("chosen");  // a plain figure that points at a box
  pin(s);
  markHits(s);
  const twins = new Set(partners(s, s.selected));
  for (const g of s.boxes ?? []) g.classList.toggle("partner", twins.has(g.id) && g.id !== s.selected);
  const box = find(s, s.selected), status = s.frame.querySelector(".status"), said = box ? `Chosen: ${box.getAttribute("aria-label") ?? s.selected}` : "";
  if (status.textContent !== said) status.textContent = said;  // read aloud when it changes
  const button = (act) => s.bar.querySelector(`[data-do=${act}]`);
  button("near").hidden = !box;
  button("shut").hidden = !(s.boxes ?? []).some((g) => g.classList.contains("cluster"));
  button("toggle").hidden = !box?.classList.contains("opens");
  if (box) button("toggle").textContent = box.classList.contains("cluster") ? "Close" : "Open";
}

// A small label at the corner of every box that has one: round, or as long as its words.
function pin(s) {
  for (const old of s.svg?.querySelectorAll(".pin") ?? []) old.remove();
  for (const [id, label] of Object.entries(s.pins)) {
    const g = find(s, id), shape = g?.querySelector("path, polygon, ellipse");
    if (!shape) continue;
    const box = shape.getBBox(), x = box.x + box.width, y = box.y;
    const make = (tag, attributes) => {
      const element = document.createElementNS(s.svg.namespaceURI, tag);
      for (const [name, value] of Object.entries({ ...attributes, class: `pin ${tag}` })) element.setAttribute(name, value);
      g.append(element);
      return element;
    };
    const back = make("rect", { x: x - 9, y: y - 9, width: 18, height: 18, rx: 9 });
    const words = make("text", { x, y: y + 4, "text-anchor": label.length > 2 ? "start" : "middle" });
    words.textContent = label;
    if (label.length > 2) back.setAttribute("width", words.getComputedTextLength() + 18);
  }
}

// The boxes of other networks that stand for the same place: they share a class such as "p12".
function partners(s, id) {
  const group = [...(find(s, id)?.classList ?? [])].find((name) => /^p\d+$/.test(name));
  return group ? [...s.svg.querySelectorAll(`g.choice.${group}`)].map((g) => g.id) : [id];
}

// Whatever a reader does is a request with a number, asked again until the server's word has seen it.
function request(s, what, more) {
  const number = announce(s);
  send(s, what, { ...more, number });
}

// From here on an answer to an older request changes nothing.
function announce(s) {
  clearTimeout(s.again);
  s.waiting = s.number += 1;
  return s.number;
}

function send(s, what, asked, wait = AGAIN) {
  if (asked.number !== s.waiting) return;  // a newer request has taken its place
  s.again = setTimeout(() => send(s, what, asked, PATIENT * wait), wait);  // a message can be lost where an answer crosses it
  s.send(what, asked);
}

// Whether the server's word is older than the newest request; `answered` is the number of the last one that it has seen.
function isOlder(s, answered) {
  s.number = Math.max(s.number, answered);
  if (s.waiting && answered < s.waiting) return true;
  clearTimeout(s.again);
  s.waiting = 0;
  return false;
}

function choose(s, id) {
  if (s.selected === id) return;
  s.selected = id;                                 // at once, before the server answers
  mark(s);
  request(s, "clicked", { path: id });
}

function toggle(s, id) {
  s.turned = s.selected = id;
  s.framing = null;
  const number = announce(s), tell = () => send(s, "toggled", { path: id, number });
  const twins = partners(s, id).filter((twin) => find(s, twin).classList.contains("opens"));
  if (s.picture.startsWith("<")) tell();
  else show(s, twins.reduce(turnedOver, s.picture)).finally(tell);  // first the picture, then the page around it
}

// A page can keep a canvas for a while after another has taken its place, its slot. That one is only to be looked at:
// its drawing has no boxes that could be found, focused, clicked or read aloud, until the other has gone again.
function claim(s, slot) {
  if (!slot || (s.slot === slot && !s.retired)) return;
  comeBack(s);
  s.slot = slot;
  document.dispatchEvent(new CustomEvent(SHOWN, { detail: { slot, s } }));
}

function retire(s) {
  if (s.retired) return;
  s.retired = true;
  s.frame.inert = true;
  s.frame.setAttribute("aria-hidden", "true");
  s.sheet.replaceChildren(...[...s.sheet.children].map(withoutBoxes));
}

function comeBack(s) {
  if (!s.retired) return;
  s.retired = false;
  s.frame.inert = false;
  s.frame.removeAttribute("aria-hidden");
  if (s.svg) { s.sheet.replaceChildren(s.svg); mark(s); }
}

// A copy that is no more than a picture.
function withoutBoxes(drawing) {
  const copy = drawing.cloneNode(true);
  for (const element of [copy, ...copy.querySelectorAll("*")])
    for (const { name } of [...element.attributes])
      if (/^(id|role|tabindex|aria-.*)$/.test(name)) element.removeAttribute(name);
  return copy;
}

function listen(s) {
  const on = (target, what, act, more) => target.addEventListener(what, act, { signal: s.gone.signal, ...more });
  const picked = (e) => e.composedPath().find((element) => element.classList?.contains("choice"));
  on(s.view, "click", (e) => { const g = picked(e); if (!s.dragged && g) choose(s, g.id); s.dragged = false; });
  on(s.view, "dblclick", (e) => { const g = picked(e); if (g?.classList.contains("opens")) toggle(s, g.id); });
  on(s.view, "keydown", (e) => pressed(s, e));
  on(document, SHOWN, ({ detail }) => { if (detail.s !== s && detail.slot === s.slot) retire(s); });
  on(document, GONE, ({ detail }) => { if (detail === s.slot) comeBack(s); });
  on(s.view, "wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey && !document.fullscreenElement) return;  // a plain wheel scrolls the page
    e.preventDefault();
    const box = s.view.getBoundingClientRect();
    zoom(s, e.clientX - box.left, e.clientY - box.top, Math.exp(-e.deltaY / 300), false);
  }, { passive: false });
  fingers(s, on);
  const acts = {
    toggle: () => toggle(s, s.selected),
    shut: () => request(s, "shut", {}),
    near: () => near(s, find(s, s.selected)),
    in: () => zoom(s, s.view.clientWidth / 2, s.view.clientHeight / 2, 1.25, true),
    out: () => zoom(s, s.view.clientWidth / 2, s.view.clientHeight / 2, 0.8, true),
    fit: () => fit(s),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : s.frame.requestFullscreen()),
  };
  on(window, "resize", () => fill(s));
  listenToSearch(s, on, acts);
  on(s.top, "click", (e) => acts[e.target.closest("button")?.dataset.do]?.());
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
    if (!s.dragged) { s.dragged = true; s.framing = null; s.view.setPointerCapture(e.pointerId); }
    if (other) {
      const box = s.view.getBoundingClientRect(), far = (p) => Math.hypot(p.x - other.x, p.y - other.y);
      zoom(s, other.x - box.left, other.y - box.top, far({ x: e.clientX, y: e.clientY }) / Math.max(1, far(was)), false);
    } else { s.x += dx; s.y += dy; place(s, false); }
  });
  for (const what of ["pointerup", "pointercancel"]) on(s.view, what, (e) => down.delete(e.pointerId));
}
