"""A strip of small pictures, one a unit of the network; Python says which is chosen, the browser which is clicked."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from irnet.lab.maps import Thumb
from irnet.lab.mosaic import thumbnail

_HTML = '<div class="strip" role="group"></div>'
_CSS = """
.strip { display: flex; gap: 4px; overflow-x: auto; padding: 4px 4px 10px; }
button { flex: none; width: 86px; padding: 4px; font: inherit; font-size: 12px; line-height: 1.3; cursor: pointer;
  color: var(--st-text-color); background: transparent; border: 2px solid transparent; border-radius: 6px; }
button:hover { border-color: var(--st-border-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button[aria-pressed=true] { border-color: var(--st-primary-color); font-weight: 600; }
img { display: block; width: 72px; height: 72px; margin: 0 auto 3px; object-fit: fill; image-rendering: pixelated; }
span { display: block; overflow-wrap: anywhere; }
"""
_JS = """
export default function strip({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".strip");
  root.setAttribute("aria-label", data.label);
  if (root.dataset.made !== data.made) {
    root.dataset.made = data.made;
    root.replaceChildren(...data.units.map(unit => {
      const button = document.createElement("button"), image = document.createElement("img");
      const label = document.createElement("span"), value = document.createElement("span");
      button.type = "button"; button.title = unit.title; button.dataset.path = unit.path;
      image.src = unit.src; image.alt = "";
      label.textContent = unit.name; value.textContent = unit.value;
      button.append(image, label, value);
      return button;
    }));
  }
  root.onclick = event => {
    const button = event.target.closest("button");
    if (button) setTriggerValue("clicked", button.dataset.path);
  };
  for (const button of root.children) {
    const chosen = button.dataset.path === data.selected;
    if (chosen && button.getAttribute("aria-pressed") !== "true") {
      root.scrollTo({ left: button.offsetLeft - root.offsetLeft - root.clientWidth / 2 + 43 });
    }
    button.setAttribute("aria-pressed", chosen);
  }
}
"""


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    return st.components.v2.component("irnet_strip", html=_HTML, css=_CSS, js=_JS)


def strip(
    thumbs: Sequence[Thumb],
    selected: str,
    made: str,
    *,
    key: str,
    names: Mapping[str, str],
    on_click: Callable[[str], None],
) -> None:
    """The units side by side by their `names`, the chosen one marked; `made` changes exactly when the pictures do."""

    def clicked() -> None:
        path = st.session_state[key]["clicked"]
        if path in {thumb.path for thumb in thumbs}:  # a browser's word is checked again
            on_click(path)

    data = {
        "label": "Mean magnitude over the channels, unit by unit",
        "units": [one | {"name": names[one["path"]]} for one in _units(tuple(thumbs), made)],
        "made": made,
        "selected": selected,
    }
    _component()(key=key, data=data, on_clicked_change=clicked)


@st.cache_data(max_entries=8, show_spinner=False)
def _units(_thumbs: tuple[Thumb, ...], made: str) -> list[dict[str, str]]:
    del made  # what the pictures are remembered by
    return [
        {
            "path": thumb.path,
            "title": f"{thumb.title}: {thumb.channels} channels{f', {thumb.dead} dead' if thumb.dead else ''}",
            "value": f"{thumb.mean_abs:.3g}{f', {thumb.dead} dead' if thumb.dead else ''}",
            "src": f"data:image/png;base64,{b64encode(thumbnail(thumb.picture)).decode()}",
        }
        for thumb in _thumbs
    ]
