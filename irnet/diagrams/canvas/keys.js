// Choosing with keys: arrows walk along the edges and across branches, Enter opens, Escape goes up.
function links(s) {
  s.next = new Map();
  s.last = new Map();
  for (const title of s.svg.querySelectorAll("g.edge > title")) {
    const [tail, head] = title.textContent.split("->").map((end) => end.split(":")[0]);
    push(s.next, tail, head);
    push(s.last, head, tail);
  }
}

function push(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  if (!map.get(key).includes(value)) map.get(key).push(value);
}

const TURNED = { ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp", ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft" };

function neighbour(s, id, pressed) {
  const key = s.across ? TURNED[pressed] : pressed;  // along the arrows, and across the branches
  const first = firstInside(s, id);
  if (first && key !== "ArrowUp") return key === "ArrowDown" ? childOf(s, id, first) : undefined;
  if (first) id = first;  // no arrow ends at the frame of an open box: what leads to its first part leads to it
  const ahead = s.next.get(id) ?? [], behind = s.last.get(id) ?? [];
  if (key === "ArrowDown") return ahead.find((to) => s.choices.has(to)) ?? ahead.flatMap((to) => s.next.get(to) ?? []).find((to) => s.choices.has(to));
  if (key === "ArrowUp") return behind.find((from) => s.choices.has(from)) ?? behind.flatMap((from) => s.last.get(from) ?? []).find((from) => s.choices.has(from));
  const row = behind.flatMap((from) => s.next.get(from) ?? []);
  const at = row.indexOf(id);
  return row.length > 1 ? row[(at + (key === "ArrowRight" ? 1 : row.length - 1)) % row.length] : undefined;
}

// The first box in an open one; nothing for a box that is shut.
function firstInside(s, id) {
  return s.boxes.find((g) => g.id.startsWith(`${id}.`) && !g.classList.contains("cluster"))?.id;
}

// The part of an open box that `inner` is, or lies in.
function childOf(s, id, inner) {
  const up = parentOf(s, inner);
  return !up || up === id ? inner : childOf(s, id, up);
}

function parentOf(s, id) {
  for (let up = id; up.includes("."); ) {
    up = up.slice(0, up.lastIndexOf("."));
    if (s.choices.has(up) && find(s, up)) return up;
  }
  return undefined;
}

function pressed(s, event) {
  const g = event.composedPath().find((element) => element.classList?.contains("choice"));
  const id = g?.id ?? s.selected;
  if (event.key === "/" && !s.search.hidden) return stop(event, () => s.search.querySelector("input").focus());
  if (!id || !find(s, id)) return undefined;
  if (event.key.startsWith("Arrow")) return stop(event, () => go(s, neighbour(s, id, event.key)));
  if (event.key === "Escape") return stop(event, () => go(s, parentOf(s, id)));
  if (event.key === " ") return stop(event, () => choose(s, id));
  if (event.key === "Enter") return stop(event, () => (s.selected === id && find(s, id).classList.contains("opens") ? toggle(s, id) : choose(s, id)));
  return undefined;
}

// A key that the canvas answers means nothing to the page around it.
function stop(event, act) {
  event.preventDefault();
  event.stopPropagation();
  act();
}

function go(s, id) {
  if (!id || !find(s, id)) return;
  choose(s, id);
  find(s, id).focus({ preventScroll: true });
  reveal(s, find(s, id), true);
}
