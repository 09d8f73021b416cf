"""Where runs of this server are kept, and what of the server they may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import streamlit as st

from app import text
from app.server import roots
from irnet.training.settings import Sweep

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def home() -> Path | None:
    """The folder of this server's runs; None where the server is open to a network and its owner named none."""
    if named := os.environ.get(roots.RUNS):
        return Path(named)
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "irnet" / "runs" if st.get_option("server.address") in LOOPBACK else None


def folder() -> Path:
    """The folder of this server's runs.

    Raises
    ------
    ValueError
        Where there is none.
    """
    found = home()
    if found is None:
        raise ValueError(text.NO_RUNS)
    return found


def inside(name: str) -> Path:
    """The directory of this name in the server's folder.

    Raises
    ------
    ValueError
        For a name that leads elsewhere, where there is no sweep, or where a link in it leads out.
    """
    with suppress(ValueError):
        place = roots.inside(folder(), name)
        if (place / "settings.json").is_file():
            roots.check_no_way_out(folder(), place)
            return place
    raise ValueError(f"no run of this server is called {name!r}")


def check_pictures(sweep: Sweep) -> None:
    """Hold that a sweep reads pictures only from where the server's owner lets it.

    Raises
    ------
    ValueError
        For pictures elsewhere, and for a link among them that leads elsewhere.
    """
    allowed = roots.root(roots.IMAGES)
    for data in {run.data for run in sweep.runs() if run.data.kind == "folder"}:
        asked_for = Path(data.folder)
        if allowed is None or asked_for.resolve() not in roots.entries(allowed).values():
            raise ValueError(f"this server has no pictures called {asked_for.name!r}")
        roots.check_no_way_out(allowed, asked_for.resolve())
