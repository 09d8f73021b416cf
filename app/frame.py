"""What surrounds every page: the bar, the line of the network, and one sentence for bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bar import VIEWS, bar
from app.controls import read_state
from app.lesson import presenting
from app.views import styles
from app.views.show import refusals

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def run(page: StreamlitPage) -> None:
    """Run a page; bad input is shown as one sentence and the app goes on."""
    styles.every()
    name = page.url_path or "overview"
    read_state(name, shown=VIEWS[name].network)
    if not (name == "learn" and presenting()):
        bar(name)
    with refusals():
        page.run()
