// The photograph inside the boxes: pictures with addresses of their own, put where the drawing left room for them.
// From so many pixels of a picture on the screen, the chosen box shows its channels, and then what one output sees.
const SIDE = 48, CHANNELS = 100, WINDOW = 250, FADE = 30, SOON = 250, TRIES = 20;

// `asked` is from a network's prefix ("" where there is one) to an address that says what the boxes show, or to what it says.
async function look(s, asked, seen) {
  s.seen = seen ?? null;
  const key = asked && Object.entries(asked).map(([prefix, from]) => `${prefix} ${typeof from === "string" ? from : from.name}`).join();
  if (key === s.asked) return chosenMaps(s) === s.painted ? detail(s) : paint(s);
  s.asked = key;
  if (!asked) { s.found = null; return undefined; }
  const every = await Promise.all(Object.entries(asked).map(async ([prefix, from]) => [prefix, typeof from === "string" ? await answerOf(s, from, () => s.asked === key) : from]));
  if (s.asked !== key) return undefined;
  s.found = new Map(every.flatMap(([prefix, said]) => Object.entries(said?.boxes ?? {}).map(([path, one]) => [prefix + path, { ...one, prefix }])));
  return paint(s);
}

// What an address says; an answer that was given up, because the page ran anew, is asked for again.
async function answerOf(s, address, wanted) {
  for (let i = 0; i < TRIES && wanted() && !s.gone.signal.aborted; i += 1) {
    try {
      const answer = await fetch(new URL(address, document.baseURI), { signal: s.gone.signal });
      if (answer.ok) return await answer.json();
    } catch (error) {
      if (error.name === "AbortError") return null;
    }
    await new Promise((done) => { setTimeout(done, SOON); });
  }
  return null;
}

// The maps that the reader chose for one box, once they are there; null while it shows its mean magnitude.
function chosenMaps(s) {
  return s.seen?.chosen && s.near?.from === s.seen.channels ? s.near : null;
}

function mapOf(s, id) {
  return s.found?.get(id) ?? s.found?.get(id.replace(/\.\d+-(\d+)$/, ".$1"));  // many blocks in one box: the last of them
}

// The pictures of every box that has room; elements stay, and only what changed gets another address.
function paint(s) {
  const near = (s.painted = chosenMaps(s)), mapIn = (g, id) => (near && g.id === s.seen.path && near.boxes.get(id)) || mapOf(s, id);
  for (const slot of s.svg?.querySelectorAll(".slot") ?? []) {
    const g = slot.closest("g.node, g.cluster"), framed = g.classList.contains("cluster"), { parts, prefix } = mapOf(s, g.id) ?? {}, own = mapIn(g, g.id);
    if (!own) continue;
    const shown = !parts || !s.found.has(g.id) || framed ? [["", own]] : parts.map(([path, name]) => [name, mapIn(g, prefix + path) ?? own]);
    const box = slot.getBBox(), across = box.width / shown.length, side = framed ? across : SIDE;
    shown.forEach(([name, one], i) => {
      const x = box.x + across * (i + 0.5), frame = { x: x - side / 2, y: box.y, width: side, height: side };
      const image = piece(g, "image", `magnitude m${i}`, frame);
      image.classList.toggle("photo", !one.number);
      if (image.getAttribute("href") !== one.src) image.setAttribute("href", one.src);
      if (!framed) piece(g, "text", `number n${i}`, { x, y: box.y + SIDE + 9 }).textContent = one.number ?? "";
      if (name) piece(g, "text", `number name t${i}`, { x, y: box.y + SIDE + 18 }).textContent = name;
      if (i === shown.length - 1) g.frame = frame;
    });
    slot.classList.add("full");
    if (own.text) g.setAttribute("aria-label", `${g.querySelector("desc")?.textContent ?? g.id}; ${own.text}`);
  }
  s.frame.dataset.maps = String(Number(s.frame.dataset.maps ?? 0) + 1);
  mark(s);
  detail(s);
}

function piece(g, tag, kind, attributes) {
  const made = [...g.children].find((e) => e.getAttribute("class")?.startsWith(kind)) ?? g.appendChild(document.createElementNS(g.namespaceURI, tag));
  for (const [name, value] of Object.entries(made.parentNode && made.hasAttribute("class") ? attributes : { preserveAspectRatio: "none", ...attributes, class: kind })) made.setAttribute(name, value);
  return made;
}

// After every move: what the chosen box shows goes over from its map to its channels and to the window of one output.
function closer(s) {
  if (!s.found) return;
  fade(s);
  clearTimeout(s.closing);
  s.closing = setTimeout(() => {
    const id = inside(s);
    if (id && id !== s.selected) choose(s, id);  // who goes into a box has chosen it
  }, SOON);
}

function far(s, g) {
  return s.svg ? ((g?.frame?.width ?? SIDE) * s.k * size(s).w) / s.svg.viewBox.baseVal.width : 0;  // where it will be, not where it glides
}

// The box whose picture is in the middle of the view, once it is large.
function inside(s) {
  if (far(s) < CHANNELS) return "";
  const view = s.view.getBoundingClientRect(), x = view.left + view.width / 2, y = view.top + view.height / 2;
  const g = s.boxes?.find((one) => !one.classList.contains("cluster") && one.frame && holds(one.getBoundingClientRect(), x, y));
  return g?.id ?? "";
}

function holds(box, x, y) {
  return box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
}

// What the server says of the chosen box: some of its channels, and which pixels an output of it sees. The channels take
// the place of its map where the reader chose them, else they come up on zooming in.
async function detail(s) {
  for (const old of s.svg?.querySelectorAll(".channels, .seen, .note") ?? []) {
    const g = old.closest("g.node, g.cluster");
    if (g.id === s.selected && !s.seen?.chosen) continue;
    for (const piece of g.querySelectorAll(".magnitude, .number")) piece.removeAttribute("opacity");
    old.remove();
  }
  const seen = s.seen, g = find(s, s.selected);
  if (!seen || !g?.frame || seen.path !== s.selected) return;
  s.at = seen.grid.map((side) => Math.floor(side / 2));
  watch(s);
  fade(s);
  if (!seen.channels) return;
  if (s.near?.from !== seen.channels) {
    const found = await (typeof seen.channels === "string" ? answerOf(s, seen.channels, () => s.seen === seen) : seen.channels);
    if (!found || s.seen !== seen || !g.isConnected) return;
    const prefix = mapOf(s, g.id)?.prefix ?? "";
    s.near = { from: seen.channels, words: found.words, boxes: new Map(Object.entries(found.boxes).map(([path, one]) => [prefix + path, one])) };
    if (seen.chosen) { paint(s); return; }
  }
  if (!seen.chosen) piece(g, "image", "channels magnitude", g.frame).setAttribute("href", s.near.boxes.get(seen.path).src);  // below what one output sees
  fade(s);
}

function fade(s) {
  const g = find(s, s.selected), side = far(s, g), shown = (from) => Math.max(0, Math.min(1, (side - from) / FADE));
  const photo = [...(s.found?.entries() ?? [])].find(([id]) => id === `${mapOf(s, s.selected ?? "")?.prefix ?? ""}input`)?.[1];
  if (!s.seen || !g?.frame || s.seen.path !== s.selected || !photo) return;
  const channels = g.querySelector(".channels"), close = shown(WINDOW);
  if (channels?.hasAttribute("href")) {
    channels.setAttribute("opacity", shown(CHANNELS));
    [...g.querySelectorAll(".magnitude:not(.channels)")].at(-1).setAttribute("opacity", 1 - shown(CHANNELS));  // it would show between them
  }
  lay(s, g, photo, close);
  const input = find(s, `${photo.prefix}input`);
  if (input?.frame) lay(s, input, null, 1);
  const words = close > 0.5 ? s.seen.window : shown(CHANNELS) > 0.5 && s.near?.from === s.seen.channels ? s.near?.words ?? "" : "";
  const note = piece(g, "text", "note", { x: g.frame.x + g.frame.width / 2, y: g.frame.y + g.frame.height + 5 });
  note.textContent = words;
  for (const text of g.querySelectorAll(".number")) text.setAttribute("opacity", words ? 0 : 1);
}

// The photograph in a picture's place, dark but for the window that the output at `s.at` sees.
function lay(s, g, photo, opacity) {
  const { x, y, width, height } = g.frame, { picture, size, stride, padding } = s.seen;
  const [top, left] = [0, 1].map((axis) => s.at[axis] * stride[axis] - padding[axis]);
  const cut = (value, most) => Math.min(Math.max(value, 0), most);
  const [t, l, b, r] = [cut(top, picture[0]), cut(left, picture[1]), cut(top + size[0], picture[0]), cut(left + size[1], picture[1])];
  const ends = { x: x + (l / picture[1]) * width, y: y + (t / picture[0]) * height, width: ((r - l) / picture[1]) * width, height: ((b - t) / picture[0]) * height };
  if (photo) {
    const image = piece(g, "image", "seen photo", g.frame);
    image.setAttribute("href", photo.src);
    image.setAttribute("opacity", opacity);
    const box = ({ x: bx, y: by, width: bw, height: bh }) => `M${bx} ${by}h${bw}v${bh}h${-bw}z`;
    piece(g, "path", "seen shade", { d: box(g.frame) + box(ends), "fill-rule": "evenodd", opacity });
  }
  piece(g, "rect", "seen window", { ...ends, opacity, "stroke-width": (2 * width) / far(s, g) });
}

// The pointer on the chosen box says which output is looked from.
function watch(s) {
  if (s.watched) return;
  s.watched = true;
  s.view.addEventListener("pointermove", (e) => {
    const g = find(s, s.selected);
    if (!s.seen || !g?.frame || far(s, g) < CHANNELS) return;
    const place = new DOMPoint(e.clientX, e.clientY).matrixTransform(g.getScreenCTM().inverse());
    const at = [(place.y - g.frame.y) / g.frame.height, (place.x - g.frame.x) / g.frame.width];
    if (at.some((part) => part < 0 || part >= 1)) return;
    s.at = at.map((part, axis) => Math.floor(part * s.seen.grid[axis]));
    fade(s);
  }, { signal: s.gone.signal });
}
