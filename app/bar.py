"""The bar of every page: the places of the app, the views of the one that is open, and nothing to open first."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.controls import address, panel
from app.views.head import help_button


@dataclass(frozen=True, slots=True)
class View:
    """A page: its file's name, what the bar calls it, and whether it shows the chosen network."""

    page: str
    title: str
    network: bool = True

    @property
    def path(self) -> str:
        """Where its script is."""
        return f"app/pages/{self.page}.py"


@dataclass(frozen=True, slots=True)
class Place:
    """A few views that belong together; the first opens with it."""

    title: str
    views: tuple[View, ...]


PLACES = (
    Place("Home", (View("overview", "Home", network=False),)),
    Place(
        "Explore",
        (
            View("network", "Network"),
            View("open", "Open"),
            View("edit", "Edit"),
            View("cost", "Cost"),
            View("maps", "Feature maps"),
            View("field", "Receptive field"),
        ),
    ),
    Place("Compare", (View("compare", "Compare"),)),
    Place(
        "Experiment",
        (
            View("activations", "Scaling"),
            View("block", "Block"),
            View("race", "Race", network=False),
            View("death", "Death map", network=False),
        ),
    ),
    Place(
        "Learn",
        (
            View("learn", "Lessons", network=False),
            View("lineage", "Lineage", network=False),
            View("labs", "Small labs", network=False),
            View("lesson_editor", "Lesson editor", network=False),
        ),
    ),
    Place(
        "Sources",
        (
            View("errata", "Errata", network=False),
            View("provenance", "Provenance"),
            View("figures", "Figures", network=False),
        ),
    ),
)
VIEWS = {view.page: view for place in PLACES for view in place.views}


def bar(page: str) -> None:
    """Draw the bar of `page`; links carry the chosen network, and those within a place the chosen box."""
    here, chosen = next(place for place in PLACES if VIEWS[page] in place.views), address()
    box = {"box": path} if (path := st.query_params.get("box")) else {}
    with st.container(key="bar", horizontal=True, gap="xsmall", vertical_alignment="center"):
        for place in PLACES:
            _link(place.views[0], place.title, chosen, marked=place is here)
        with st.container(horizontal=True, horizontal_alignment="right"):
            help_button(page)
    views = here.views if len(here.views) > 1 else ()
    if views or VIEWS[page].network:
        with st.container(key="views", horizontal=True, gap="xsmall", vertical_alignment="center"):
            for view in views:
                _link(view, view.title, chosen | box, marked=view.page == page)
            if VIEWS[page].network:
                with st.container(
                    key="about", horizontal=True, horizontal_alignment="right", vertical_alignment="center"
                ):
                    panel()


def _link(view: View, title: str, carried: dict[str, str], *, marked: bool) -> None:
    label = f"**{title}**" if marked else title
    st.page_link(view.path, label=label, query_params=carried if view.network else {})
