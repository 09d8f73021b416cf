// The canvas without a server: every state is laid out beforehand, and the address after # holds the view.
const { states: packed, details, colours, levels, label, flow, photographs, pictures, from } = JSON.parse(document.getElementById("data").textContent);
const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
const states = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
for (const boxes of Object.values(photographs))
  for (const one of Object.values(boxes)) for (const each of [one, ...Object.values(one.channels?.boxes ?? {})]) each.src = pictures[each.src];
const root = document.getElementById("canvas"), table = document.getElementById("details");
const dark = matchMedia("(prefers-color-scheme: dark)");
const scales = Object.keys(photographs);
const view = { key: "0", box: "", scale: scales[0] ?? "", map: "", answered: 0 };
const STRONGEST = "strongest", maps = document.getElementById("maps"), cuts = new Map();

function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  view.key = states[asked.get("open")] ? asked.get("open") : "0";
  view.box = details[asked.get("box")] ? asked.get("box") : "";
  view.scale = photographs[asked.get("scale")] ? asked.get("scale") : scales[0] ?? "";
  view.map = asked.get("map") ?? "";
}

// What the chosen box can show beside its mean magnitude: its strongest channels together, or one of them.
function offerMaps() {
  const all = photographs[view.scale]?.[view.box]?.channels, options = [["", "mean magnitude"]];
  if (all) options.push([STRONGEST, `the ${all.numbers.length} strongest channels`], ...all.numbers.map((i) => [String(i), `channel ${i} of ${all.count}`]));
  maps.parentElement.hidden = !all;
  maps.replaceChildren(...options.map(([value, words]) => new Option(words, value)));
  maps.value = options.some(([value]) => value === view.map) ? view.map : "";
  const key = `${view.scale} ${view.box} ${maps.value}`;
  if (all && !cuts.has(key)) cuts.set(key, cut(all, maps.value));
  return { channels: cuts.get(key), chosen: Boolean(all && maps.value) };
}

// One channel of those that stand side by side in a picture, or all of them.
async function cut(all, value) {
  const at = all.numbers.map(String).indexOf(value), across = Math.ceil(Math.sqrt(all.numbers.length));
  if (at < 0) return all;
  const words = `channel ${value} of ${all.count}`, boxes = {};
  for (const [path, { src }] of Object.entries(all.boxes)) {
    const image = new Image(), piece = document.createElement("canvas");
    image.src = src;
    await image.decode();
    const side = (length, count) => (length + 1) / count - 1;
    piece.width = side(image.width, across);
    piece.height = side(image.height, Math.ceil(all.numbers.length / across));
    piece.getContext("2d").drawImage(image, -(at % across) * (piece.width + 1), -Math.floor(at / across) * (piece.height + 1));
    boxes[path] = { src: piece.toDataURL(), number: `#${value}`, text: words };
  }
  return { words, boxes };
}

function recolour(svg) {
  return dark.matches ? svg.replace(/#[0-9a-f]{6}/g, (colour) => colours[colour] ?? colour) : svg;
}

function render() {
  const svg = recolour(states[view.key]), seen = details[view.box]?.seen;
  canvas({
    data: { light: svg, dark: svg, label, height: "fill", map: true, flow, search: lookUp, selected: view.box || null, answered: view.answered, maps: view.scale ? { "": { name: view.scale, boxes: photographs[view.scale] } } : null, seen: seen ? { ...seen, ...offerMaps() } : null },
    parentElement: root,
    setTriggerValue: (what, asked) => {
      view.answered = asked.number ?? view.answered;
      ({ clicked: select, toggled: turnOver, shut })[what]?.(asked.path);
    },
  });
  table.replaceChildren(...Object.entries(details[view.box]?.details ?? {}).map(([name, value]) => {
    const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
    head.scope = "row"; head.textContent = name; cell.textContent = value;
    row.append(head, cell);
    return row;
  }));
  maps.parentElement.hidden = maps.parentElement.hidden || !view.box;
  document.getElementById("empty").hidden = Boolean(view.box);
  for (const radio of document.querySelectorAll("#levels input")) radio.checked = radio.value === view.key;
  for (const radio of document.querySelectorAll("#scales input")) radio.checked = radio.value === view.scale;
  document.getElementById("shown").textContent = photographs[view.scale]?.[view.box]?.text ?? "";
}

function write() {
  const hash = new URLSearchParams(Object.entries({ open: view.key, box: view.box, scale: view.scale, map: view.map }).filter(([, value]) => value && value !== "0" && value !== scales[0]));
  history.pushState(null, "", `#${hash}`);
  render();
}

function shut() { view.key = "0"; view.box = ""; write(); }

function lookUp(text) {
  return Object.keys(details).filter((id) => details[id].words.includes(text.toLowerCase()));
}

// A box that is not drawn yet is shown by opening its stage as far as it takes.
function select(path) {
  view.box = path;
  const { needs } = details[path];
  if (needs && !states[view.key].includes(`id="${path}"`)) view.key = `${path.split(".")[0]}:${needs}`;
  write();
}

// A state is a level of the whole network ("2"), or of one stage while the others are shut ("block_b:2").
function turnOver(path) {
  const stage = path.split(".")[0], depth = details[path].depth;
  const [only, level] = view.key.includes(":") ? view.key.split(":") : ["", view.key];
  const open = only && only !== stage ? 0 : Number(level);
  const next = open > depth ? depth : depth + 1;
  const key = only || open === 0 ? (next ? `${stage}:${next}` : "0") : String(next);
  view.box = path;
  view.key = states[key] ? key : "0";
  write();
}

function choice(where, value, name, change) {
  const label = document.createElement("label"), radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name: where, value, onchange: () => { change(); write(); } });
  label.append(radio, ` ${name}`);
  document.getElementById(where).append(label);
}

levels.forEach((name, i) => choice("levels", String(i), name, () => { view.key = String(i); }));
for (const name of scales) choice("scales", name, name, () => { view.scale = name; });
document.getElementById("scales").hidden = scales.length < 2;
maps.onchange = () => { view.map = maps.value; write(); };
document.getElementById("from").textContent = from;
addEventListener("popstate", () => { read(); render(); });
dark.addEventListener("change", render);
read();
render();
