"""What surrounds every page: warming up, and one sentence for bad input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

import streamlit as st

from app import text
from app.controls import sidebar

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

HEAD_START = 2  # seconds in which the first page has the machine to itself


def run(page: StreamlitPage) -> None:
    """Run a page; bad input is shown as one sentence and the app goes on."""
    _warmed()
    sidebar()
    with refusals():
        page.run()


@contextmanager
def refusals() -> Iterator[None]:
    """Show what the library refuses, with the sentence it refuses it with."""
    try:
        yield
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        sentence = str(error.args[0] if isinstance(error, KeyError) else error)
        st.error(text.plain(f"{sentence[:1].upper()}{sentence[1:]}.".replace("..", ".")), icon=":material/error:")
    except MemoryError:
        st.error(text.FULL, icon=":material/error:")


@st.cache_resource(show_spinner=False)
def _warmed() -> Thread:
    """Import torch while the reader looks at the first page; pages that need it don't then wait for it."""
    thread = Thread(target=_warm, name="warm", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    sleep(HEAD_START)
    with suppress(ImportError):  # the page that needs it says so
        import_module("irnet.runtime.measure")
        import_module("irnet.experiments.residual_scale")
