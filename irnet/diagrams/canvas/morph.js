// One picture into the next: boxes that stay glide to their new places, new ones fade in, and the eye keeps its box.
const GLIDE = 260;  // milliseconds
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function positions(s) {
  const found = new Map();
  for (const g of s.svg?.querySelectorAll("g.node, g.cluster") ?? []) found.set(g.id, frameOf(g));
  return found;
}

// The first shape inside a group is its border: text may stick out of it, a border does not move when it is chosen.
function frameOf(g) {
  return (g.querySelector("path, polygon, ellipse") ?? g).getBoundingClientRect();
}

function find(s, id) {
  return id ? s.svg?.querySelector(`#${CSS.escape(id)}`) : null;
}

// Keep the box that was opened or shut where it was on the screen; `before` holds the old places.
function anchor(s, before, old) {
  const id = s.turned && before.has(s.turned) && find(s, s.turned) ? s.turned : null;
  s.turned = null;
  if (!id) return size(s).w === old.w && size(s).h === old.h ? place(s, false) : begin(s);  // repainted, or another picture
  place(s, false);
  const was = before.get(id), is = frameOf(find(s, id));
  s.x += was.left + was.width / 2 - is.left - is.width / 2;
  s.y += was.top - is.top;
  place(s, false);
  reveal(s, find(s, id), false);
}

function glide(s, before) {
  if (still() || !before.size) return;
  const unit = s.svg.getScreenCTM().a;  // pixels on the screen a unit of the drawing
  const ease = { duration: GLIDE, easing: "ease-in-out" };
  for (const g of s.svg.querySelectorAll("g.node, g.cluster")) {
    const was = before.get(g.id), is = was && frameOf(g);
    if (!was) g.animate([{ opacity: 0 }, { opacity: 1 }], ease);
    else {
      const dx = (was.left + was.width / 2 - is.left - is.width / 2) / unit, dy = (was.top - is.top) / unit;
      if (Math.hypot(dx, dy) > 0.5) g.animate([{ transform: `translate(${dx}px,${dy}px)` }, { transform: "none" }], ease);
    }
  }
  for (const g of s.svg.querySelectorAll("g.edge")) g.animate([{ opacity: 0 }, { opacity: 0, offset: 0.6 }, { opacity: 1 }], ease);
}
