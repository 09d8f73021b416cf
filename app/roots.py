"""The folders of the server that a reader may see into: those its owner named, and never out of them."""

from __future__ import annotations

import os
from pathlib import Path

WEIGHTS, IMAGES, RUNS = "IRNET_WEIGHTS", "IRNET_IMAGES", "IRNET_RUNS"  # name folders: checkpoints, data sets, sweeps


def root(variable: str) -> Path | None:
    """The folder that an environment variable allows, links resolved; None where it names none."""
    named = os.environ.get(variable, "")
    return Path(named).resolve() if named and Path(named).is_dir() else None


def inside(home: Path, name: str) -> Path:
    """What lies in a folder under this name, links resolved.

    Raises
    ------
    ValueError
        For a name that leads out of the folder, by `..`, as an absolute path or through a link, that has a folder in
        front, or that nothing has.
    """
    base = home.resolve()
    if name and Path(name).name == name:
        try:
            place = (base / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):  # nothing there, a ring of links, a name that can't be one
            place = base
        if base in place.parents:
            return place
    raise ValueError(f"{name!r} is no name of anything in the server's folder")


def entries(home: Path) -> dict[str, Path]:
    """Name to place of what lies in a folder, in order; what leads out of it is left out."""
    found: dict[str, Path] = {}
    for name in sorted(path.name for path in home.iterdir()):
        try:
            found[name] = inside(home, name)
        except ValueError:
            continue
    return found


def check_closed(home: Path, place: Path) -> None:
    """Hold that nothing below `place` is a link out of `home`; no link to a folder is walked.

    Raises
    ------
    ValueError
        With the name of the link that leads out.
    """
    base = home.resolve()
    for folder, folders, files in os.walk(place):
        for name in (*folders, *files):
            found = Path(folder, name)
            if found.is_symlink() and not _within(base, found):
                raise ValueError(f"{found.relative_to(place)} in {place.name!r} is a link out of the server's folder")


def _within(base: Path, link: Path) -> bool:
    try:
        return base in link.resolve().parents
    except (OSError, RuntimeError):  # a ring
        return False
