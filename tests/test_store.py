"""A folder of entries that several processes share: never a wrong answer, never an error, never too large."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from doctest import testmod
from hashlib import sha256
from pathlib import Path
from time import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.server import disk_cache
from app.server import store as module
from app.server.store import Store
from tests.apps import ROOT

KEY, OTHER = "a" * 64, "b" * 64
CONTENT = b"<svg/>" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path.resolve() / "cache"


@pytest.fixture
def store(folder: Path) -> Store:
    """A store with one entry."""
    made = Store(folder)
    made.put(KEY, CONTENT)
    return made


def numbered(number: int) -> str:
    return f"{number:064x}"


def held(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_the_examples_run() -> None:
    for described in (module, disk_cache):
        failed, tried = testmod(described)
        assert (failed, tried > 0) == (0, True)


def test_what_was_put_is_found_also_by_another_process_and_nothing_else_is(store: Store, folder: Path) -> None:
    assert (store.get(KEY), Store(folder).get(KEY), store.get(OTHER)) == (CONTENT, CONTENT, None)
    assert store.trouble == ""


@settings(max_examples=30)
@given(st.data())
def test_an_entry_changed_anywhere_is_not_used(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("cache").resolve()
    store = Store(folder)
    store.put(KEY, CONTENT)
    whole = (folder / KEY).read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    changed = data.draw(st.sampled_from([whole[:at], flipped, whole + b"0"]))
    (folder / KEY).write_bytes(changed)
    assert store.get(KEY) is None
    assert not (folder / KEY).exists()


def _linked(entry: Path) -> None:
    entry.rename(entry.with_name("elsewhere"))
    entry.symlink_to("elsewhere")


def _swapped(entry: Path) -> None:
    Store(entry.parent).put(OTHER, b"another drawing")
    (entry.parent / OTHER).replace(entry)


def _piped(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry)


def _emptied(entry: Path) -> None:
    entry.parent.rename(entry.parent.with_name("gone"))


@pytest.mark.parametrize("break_it", [Path.unlink, _emptied, _swapped, _piped, _linked])
def test_an_entry_that_is_gone_or_something_else_is_made_anew(
    break_it: Callable[[Path], None], store: Store, folder: Path
) -> None:
    break_it(folder / KEY)
    assert store.get(KEY) is None
    store.put(KEY, CONTENT)
    assert (store.get(KEY), store.trouble) == (CONTENT, "")


def test_a_link_in_the_place_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    store = Store(folder)
    store.put(KEY, CONTENT)
    assert (list(elsewhere.iterdir()), store.trouble) == ([], "nothing can be written there: it is no folder")


def test_a_folder_of_another_user_or_that_others_can_write_to_is_not_used(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unused() -> None:
        store.put(OTHER, CONTENT)
        assert store.get(KEY) is None
        assert "others than this server's user can write to it" in store.trouble
        assert not (folder / OTHER).exists()

    for mode in (0o770, 0o702):
        folder.chmod(mode)
        unused()
    folder.chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    unused()


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS])
def test_what_cannot_be_written_is_told_once_until_it_can(
    reason: int, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as broken:
        broken.setattr(module, "mkstemp", refuse)
        for number in range(3):
            store.put(numbered(number), CONTENT)
        assert store.trouble == f"nothing can be written there: {os.strerror(reason)}"
    assert store.get(KEY) == CONTENT
    assert [record.message for record in caplog.records] == [f"cache {folder}: {store.trouble}"]
    store.put(OTHER, CONTENT)
    assert store.trouble == ""


def test_a_full_disk_leaves_nothing_half_done(folder: Path) -> None:
    """A limit on the size of files stands for the disk."""
    script = f"""
import resource, signal
from pathlib import Path
from app.server.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
store = Store(Path({str(folder)!r}))
store.put({KEY!r}, bytes(5000))
print(store.trouble, store.get({KEY!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "nothing can be written there: File too large None\n"
    assert done.stderr == f"cache {folder}: nothing can be written there: File too large\n"
    assert not list(folder.iterdir())


def test_all_entries_together_stay_within_the_limit(folder: Path) -> None:
    stores = [Store(folder, 100_000) for _ in range(8)]  # as many processes as may write at once
    for number in range(500):
        stores[number % 8].put(numbered(number), bytes(700))
        assert number % 50 or held(folder) <= 100_000
    assert stores[0].get(numbered(499)) == bytes(700)
    assert held(folder) > 80_000


def test_the_longest_unused_goes_first(folder: Path) -> None:
    store = Store(folder, 1000)
    for number, entry in enumerate((KEY, OTHER)):
        store.put(entry, bytes(300))
        os.utime(folder / entry, (number, number))
    assert store.get(KEY)
    store.put(numbered(1), bytes(300))
    assert (store.get(KEY), store.get(OTHER)) == (bytes(300), None)


def test_files_of_others_are_left_alone_and_so_is_what_is_being_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(0o700)
    names = {"notes.txt", "A" * 64, "a" * 63, ".fresh.part"}
    for name in names | {".left.part"}:
        (folder / name).write_bytes(bytes(900))
    os.utime(folder / ".left.part", (0, 0))
    Store(folder, 1000).put(KEY, bytes(500))
    assert {file.name for file in folder.iterdir()} - {KEY} == names
    monkeypatch.setattr(module, "time", lambda: time() - 7200)  # the clock steps back
    Store(folder, 1000).put(KEY, bytes(500))
    assert {file.name for file in folder.iterdir()} - {KEY} == names


WRITER = """
import sys
from hashlib import sha256
from pathlib import Path
from app.server.store import Store

def content(key):
    return sha256(key.encode()).digest() * (1 + int(key, 16) % 999)

store, found = Store(Path(sys.argv[1]), 150_000), 0
for number in range(1500):
    key = f"{number % 17:064x}"
    kept = store.get(key)
    assert kept in (None, content(key)), "a wrong answer"
    found += kept is not None
    if kept is None or not number % 3:
        store.put(key, content(key))
print(found)
"""
VANDAL = """
import shutil, sys
from contextlib import suppress
from pathlib import Path
from random import Random

random, folder = Random(1), Path(sys.argv[1])
print("begun", flush=True)
while True:
    with suppress(OSError):
        file = random.choice([*folder.iterdir(), None])
        deed = random.randrange(4)
        if file is None or random.random() < 0.002:
            shutil.rmtree(folder)
        elif deed == 0:
            file.unlink()
        elif deed == 1:
            with file.open("r+b") as opened:
                opened.truncate(random.randrange(1000))
        elif deed == 2:
            with file.open("r+b") as opened:
                opened.seek(random.randrange(100))
                opened.write(b"?")
        else:
            file.unlink()
            file.symlink_to("/etc/passwd")
"""


def test_two_processes_write_while_a_third_deletes_and_damages(folder: Path) -> None:
    def started(script: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, str(folder)]
        return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    folder.mkdir(0o700)
    vandal = started(VANDAL)
    try:
        assert vandal.stdout
        assert vandal.stdout.readline() == "begun\n"
        writers = [started(WRITER) for _ in range(2)]
        told = [writer.communicate(timeout=300) for writer in writers]
    finally:
        vandal.kill()
        vandal.communicate()
    assert [writer.returncode for writer in writers] == [0, 0], told
    assert all(int(found) > 0 and "an entry was damaged" in trouble for found, trouble in told), told
    store = Store(folder, 150_000)
    for number in range(17):
        key = numbered(number)
        kept = sha256(key.encode()).digest() * (1 + number)
        assert store.get(key) in (None, kept)
        store.put(key, kept)
        assert store.get(key) == kept
