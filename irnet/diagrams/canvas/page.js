// The canvas without a server: every state is laid out beforehand, and the address after # holds the view.
const { states, details, colours, levels, label, flow } = JSON.parse(document.getElementById("data").textContent);
const root = document.getElementById("canvas"), told = document.getElementById("told");
const dark = matchMedia("(prefers-color-scheme: dark)");
const view = { key: "0", box: "", answered: 0 };

function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  view.key = states[asked.get("open")] ? asked.get("open") : "0";
  view.box = details[asked.get("box")] ? asked.get("box") : "";
}

function recolour(svg) {
  return dark.matches ? svg.replace(/#[0-9a-f]{6}/g, (colour) => colours[colour] ?? colour) : svg;
}

function render() {
  const svg = recolour(states[view.key]);
  canvas({
    data: { light: svg, dark: svg, label, height: "fill", map: true, flow, search: lookUp, selected: view.box || null, answered: view.answered },
    parentElement: root,
    setTriggerValue: (what, asked) => {
      view.answered = asked.number ?? view.answered;
      ({ clicked: select, toggled: turnOver, shut })[what]?.(asked.path);
    },
  });
  told.replaceChildren(...Object.entries(details[view.box]?.told ?? {}).map(([name, value]) => {
    const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
    head.scope = "row"; head.textContent = name; cell.textContent = value;
    row.append(head, cell);
    return row;
  }));
  document.getElementById("empty").hidden = Boolean(view.box);
  for (const radio of document.querySelectorAll("#levels input")) radio.checked = radio.value === view.key;
}

function write() {
  const hash = new URLSearchParams(Object.entries({ open: view.key, box: view.box }).filter(([, value]) => value && value !== "0"));
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

levels.forEach((name, i) => {
  const label = document.createElement("label"), radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name: "level", value: String(i), onchange: () => { view.key = String(i); write(); } });
  label.append(radio, ` ${name}`);
  document.getElementById("levels").append(label);
});
addEventListener("popstate", () => { read(); render(); });
dark.addEventListener("change", render);
read();
render();
