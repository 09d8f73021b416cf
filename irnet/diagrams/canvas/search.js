// Search: every hit is marked where it is drawn, or on the shut box that holds it, and two buttons walk through them.
function offerSearch(s, where, query) {
  s.where = where;  // an address that answers with paths, or a function that does
  s.search.hidden = !where;
  const field = s.search.querySelector("input");
  field.placeholder = "1x7, max pool, Fig. 17, E4";
  if (query && s.query === undefined) seek(s, (field.value = query));
}

async function seek(s, text) {
  const query = (s.query = text.trim());
  let hits = [];
  try {
    if (query) hits = typeof s.where === "function" ? s.where(query) : await fetchHits(s, query);
  } catch { hits = []; }
  if (query !== s.query) return;  // something else is looked for by now
  s.hits = hits;
  markHits(s);
}

async function fetchHits(s, query) {
  const answer = await fetch(new URL(`${s.where}&find=${encodeURIComponent(query)}`, document.baseURI), { signal: s.gone.signal });
  return answer.ok ? answer.json() : [];
}

function markHits(s) {
  const drawn = new Set(s.hits.map((id) => drawnAs(s, id)));
  for (const g of s.boxes ?? []) g.classList.toggle("hit", drawn.has(g.id));
  const at = s.hits.indexOf(s.selected) + 1, count = s.hits.length;
  const said = !s.query ? "" : !count ? "no box" : at ? `${at} of ${count}` : count === 1 ? "1 box" : `${count} boxes`;
  if (s.count.textContent !== said) s.count.textContent = said;
  for (const button of s.search.querySelectorAll("button")) button.hidden = !count;
}

// The box that shows the one at a path: itself, or the shut box that holds it.
function drawnAs(s, id) {
  if (find(s, id)) return id;
  for (let up = id; up.includes("."); ) {
    up = up.slice(0, up.lastIndexOf("."));
    const box = find(s, up);
    if (box) return box.classList.contains("cluster") ? null : up;
  }
  return null;
}

function walkHits(s, step) {
  if (!s.hits.length) return;
  const at = s.hits.indexOf(s.selected), count = s.hits.length;
  choose(s, s.hits[at < 0 ? (step > 0 ? 0 : count - 1) : (at + step + count) % count]);
  if (find(s, s.selected)) reveal(s, find(s, s.selected), true);
}

function listenToSearch(s, on, acts) {
  const field = s.search.querySelector("input");
  Object.assign(acts, { previous: () => walkHits(s, -1), following: () => walkHits(s, 1) });
  on(field, "input", () => {
    clearTimeout(s.typing);
    s.typing = setTimeout(() => seek(s, field.value), 120);
  });
  on(field, "change", () => s.send("searched", field.value.trim()));
  on(field, "keydown", async (e) => {
    e.stopPropagation();  // what is typed here means nothing to the page around it
    if (e.key !== "Enter") return;
    clearTimeout(s.typing);
    if (field.value.trim() !== s.query) await seek(s, field.value);
    walkHits(s, e.shiftKey ? -1 : 1);
  });
}
