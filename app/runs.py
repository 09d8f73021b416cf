"""Races and death maps of this server: one folder, trained by processes of their own. No torch here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from threading import Lock

import streamlit as st

from app import text
from app.run_folder import check_pictures, folder, home, inside
from irnet.training import queue
from irnet.training.backends import Backend
from irnet.training.cost import expected_seconds, progress
from irnet.training.directory import Word, ask, create, is_locked, last_word, settings
from irnet.training.results import Follower, History
from irnet.training.settings import Sweep, SweepKind
from irnet.training.sweep import environment

AT_ONCE = "IRNET_RUNS_AT_ONCE"  # how many train at a time
KEPT = 32  # directories whose lines are kept in memory
SHOWN = 50  # of a kind, the newest
LATEST = 3  # of a kind, that the time of the next is reckoned from
NAMES: dict[SweepKind, str] = {"race": "race", "stability": "death"}
Histories = tuple[History, ...]


def at_most() -> int:
    """How many train at once; the others wait."""
    return max(1, int(os.environ.get(AT_ONCE) or 1))


def names(kind: SweepKind) -> list[str]:
    """The newest runs of a kind, the newest first."""
    found: list[tuple[int, str]] = []
    place = home()
    for file in place.glob("*/settings.json") if place else ():
        with suppress(ValueError, OSError):  # a folder of something else
            if _settings((str(inside(file.parent.name)), file.stat().st_mtime_ns)).kind == kind:
                found.append((file.stat().st_mtime_ns, file.parent.name))
    return [name for _, name in sorted(found, reverse=True)[:SHOWN]]


@st.cache_data(max_entries=10 * SHOWN, show_spinner=False)
def _settings(directory: tuple[str, int]) -> Sweep:
    """The settings in a directory as it was at a time; Streamlit would leave an argument `_changed` out of the key."""
    return settings(Path(directory[0]))


class _Reader:
    """Follows a directory for all sessions: what one has read, the others need not."""

    def __init__(self, directory: str) -> None:
        self._follower, self._lock = Follower(Path(directory)), Lock()

    def look(self) -> tuple[Sweep, Histories]:
        with self._lock:
            return self._follower.sweep, self._follower.look()


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _reader(directory: str) -> _Reader:
    return _Reader(directory)


def read(name: str) -> tuple[Sweep, Histories]:
    """The settings of a run, and what its networks have written down up to now."""
    return _reader(str(inside(name))).look()


def begin(sweep: Sweep, *, keep: bool) -> str:
    """Start a sweep in a process of its own, or let it wait for its turn; its name."""
    check_pictures(sweep)
    folder().mkdir(parents=True, exist_ok=True)
    place = next(place for place in _free(folder(), NAMES[sweep.kind]) if _create(place))
    try:
        create(place, sweep, environment(Backend()))
    except OSError:  # as on a full disk; a folder that holds no run would only be in the way
        rmtree(place, ignore_errors=True)
        raise
    go_on(place.name, keep=keep)
    return place.name


def _free(home: Path, word: str) -> Iterator[Path]:
    taken = [file.name.rpartition("-")[2] for file in home.glob(f"{word}-*")]
    number = max((int(text) for text in taken if text.isdigit()), default=0)
    while True:
        number += 1
        yield home / f"{word}-{number}"


def _create(place: Path) -> bool:
    try:
        place.mkdir()
    except FileExistsError:  # another session was faster
        return False
    return True


def go_on(name: str, *, keep: bool) -> None:
    """Go on with a run that was paused or stopped."""
    place = inside(name)
    check_pictures(settings(place))
    if is_locked(place / "lock") and last_word(place) == "pause":
        ask(place, "run")
    else:
        queue.begin(place, folder() / ".queue", at_most(), keep=keep)


def tell(name: str, word: Word) -> None:
    """Let a run pause or stop."""
    ask(inside(name), word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a run stands."""

    state: str  # of `Progress`, or "starting" or "waiting"
    done: float  # share of the work, 0 to 1
    sentence: str

    @property
    def active(self) -> bool:
        """Whether it will be otherwise in a moment, without anybody doing anything."""
        return self.state not in ("finished", "stopped")


def status(name: str) -> Status:
    """How a run stands, and in words."""
    place = inside(name)
    queue_place = queue.waiting(place, folder() / ".queue", at_most())
    alive = queue.is_begun(place)  # before the progress: a process that ends in between has written all
    _, found = read(name)
    now = progress(place, found, Backend().count)
    state, sentence = now.state, now.sentence
    if state == "stopped" and queue_place:
        state = "waiting"
        sentence = f"waiting: {queue_place.before} before it in the queue, {at_most()} at once on this server"
    elif state == "stopped" and alive:
        state = "starting" if last_word(place) == "run" else "stopping"
        sentence = sentence.replace("stopped", state, 1)
    elif state == "stopped" and (why := _last_words(place)):
        sentence = f"{sentence}. {why}"
    return Status(state=state, done=now.done, sentence=sentence[:1].upper() + sentence[1:])


def _last_words(place: Path) -> str:
    """What a process that ended before its work was done had to say, if it was a refusal."""
    with suppress(OSError):
        last = (place / "log").read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        if last.startswith("irnet: ") and "stopped; it goes on" not in last:
            return last.removeprefix("irnet: ").replace(f"{place}", place.name)
    return ""


def note_reader(name: str) -> None:
    """Say that a reader looks at a run."""
    queue.note_reader(inside(name))


def estimate(sweep: Sweep) -> str:
    """About how long a sweep will take here, from what earlier ones took; where there are none, that it is a guess."""
    earlier = _earlier()
    words = expected_seconds(sweep, Backend().count, earlier, os.getloadavg()[0]).words
    return f"{words}, {text.AS_EARLIER if earlier else text.NO_EARLIER}"


@st.cache_data(max_entries=1, ttl=60, show_spinner=False)
def _earlier() -> Histories:
    """The runs of the latest sweeps of this server, of whatever kind: they show how fast it is."""
    found = [name for kind in NAMES for name in names(kind)[:LATEST]]
    return tuple(history for name in found for history in read(name)[1] if history.ended)
