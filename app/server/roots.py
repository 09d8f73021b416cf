"""The folders of the server that a reader may see into: those its owner named, and never out of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

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
    raise ValueError(f"{name!r} is not in the server's folder")


@contextmanager
def open_below(home: Path, name: str, *beside: str) -> Iterator[Path]:
    """A file below a folder under a name of its own, and those `beside` it, held open while the block runs.

    What lies in the folder may be changed while a file is looked up. So every step of its path is opened from the one
    before, none of which may be a link, and it is the file that was opened then which is read, whatever stands in its
    place meanwhile.

    Raises
    ------
    ValueError
        For what `inside` refuses, a link that was put there meanwhile, and for what is no plain file.
    """
    with ExitStack() as stack:
        links = Path(stack.enter_context(TemporaryDirectory()))  # so that each goes by its name
        for part in (name, *beside):
            (links / part).symlink_to(f"/dev/fd/{_plain_file(stack, home.resolve(), part)}")
        yield links / name


def _plain_file(stack: ExitStack, base: Path, name: str) -> int:
    try:
        at = _descend(stack, base, inside(base, name))
    except OSError as error:
        raise ValueError(f"{name!r} can't be read in the server's folder: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(at).st_mode):
        raise ValueError(f"{name!r} in the server's folder is not a plain file")
    return at


def _descend(stack: ExitStack, base: Path, place: Path) -> int:
    """The descriptor of `place` below `base`, by way of no link; none waits for the other end of a pipe."""
    at = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, at)
    for step in place.relative_to(base).parts:
        at = os.open(step, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        stack.callback(os.close, at)
    return at


def entries(home: Path) -> dict[str, Path]:
    """Name to place of what lies in a folder, in order; what leads out of it is left out."""
    found: dict[str, Path] = {}
    for name in sorted(path.name for path in home.iterdir()):
        try:
            found[name] = inside(home, name)
        except ValueError:
            continue
    return found


def check_no_way_out(home: Path, place: Path) -> None:
    """Hold that nothing below `place` is a link out of `home`, a device or a pipe; no link to a folder is walked.

    Raises
    ------
    ValueError
        With the name of the first that is.
    """
    base = home.resolve()
    for folder, folders, files in os.walk(place):
        for name in (*folders, *files):
            found = Path(folder, name)
            if found.is_symlink() and not _within(base, found):
                raise ValueError(f"{found.relative_to(place)} in {place.name!r} is a link out of the server's folder")
            if found.exists() and not (found.is_file() or found.is_dir()):
                raise ValueError(f"{found.relative_to(place)} in {place.name!r} is neither a file nor a folder")


def _within(base: Path, link: Path) -> bool:
    try:
        return base in link.resolve().parents
    except (OSError, RuntimeError):  # a ring
        return False
