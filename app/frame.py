"""What surrounds every page: the bar, the line of the network, and one sentence for bad input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from app import text
from app.bar import bar
from app.controls import read_state
from app.lesson import presenting
from app.views import styles

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def run(page: StreamlitPage) -> None:
    """Run a page; bad input is shown as one sentence and the app goes on."""
    styles.every()
    name = page.url_path or "overview"
    read_state(name)
    if not (name == "learn" and presenting()):
        bar(name)
    with refusals():
        page.run()


@contextmanager
def refusals() -> Iterator[None]:
    """Show what the library refuses, with the sentence it refuses it with."""
    try:
        yield
    except OSError as error:
        _say(text.FILES.format(error.strerror) if error.strerror else str(error))  # the rest of it is a path of ours
    except (ValueError, KeyError, RuntimeError) as error:
        _say(str(error.args[0] if isinstance(error, KeyError) else error))
    except MemoryError:
        _say(text.FULL)


def _say(sentence: str) -> None:
    whole = sentence if sentence.endswith(".") else f"{sentence}."
    st.error(text.plain(f"{whole[:1].upper()}{whole[1:]}"), icon=":material/error:")
