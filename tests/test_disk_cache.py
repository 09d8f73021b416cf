"""What the pages draw and count is kept on disk where the owner named a folder, and is what it would be without one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import drawings
from app.server import cache, disk_cache, networks, ready
from app.server.disk_cache import FOLDER, key_of
from irnet.diagrams.nested import Expansion
from irnet.edit import network
from irnet.spec import Norm
from tests.apps import ROOT, opened, sized, troubles

V1 = "inception_resnet_v1.paper"
SPEC = network(V1, a=2, b=1, c=1, input_size=139)
OPENED = Expansion(1, frozenset({"block_a", "block_b", "stem"}))
ASKED: dict[str, Callable[[], object]] = {
    "canvas": lambda: cache.drawings(SPEC, OPENED, "operation", "alike", "down"),
    "beside": lambda: cache.side_drawings((SPEC, network(V1)), (OPENED, Expansion()), "right", ghosts=True),
    "figure of a stage": lambda: cache.picture(SPEC, "png", "stem"),
    "catalogue": lambda: cache.figure_file("figure_17", "tikz", "print", "page"),
    "counts": lambda: networks.module_counts(SPEC, "cpu"),
    "other counts": lambda: networks.counted_otherwise(SPEC, "cpu"),
}
MAKERS = ("canvas_svgs", "beside_svgs", "draw", "content")


def forget() -> None:
    """What a new process does not know."""
    for function in (cache.drawings, cache.side_drawings, cache.picture, cache.figure_file):
        function.clear()
    disk_cache._store.cache_clear()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the owner named; it is made when it is first needed."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    forget()
    yield tmp_path.resolve() / "cache"
    forget()


def broken(*_: object, **__: object) -> Any:
    raise AssertionError("made again")


@pytest.mark.parametrize("what", ASKED)
def test_another_process_finds_it_and_it_is_the_same(what: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ASKED[what]()
    assert len(list(folder.iterdir())) == 1
    forget()
    with monkeypatch.context() as idle:
        for name in MAKERS:
            idle.setattr(cache, name, broken)
        idle.setattr(networks, "by_fvcore", broken)
        idle.setattr(networks, "by_others", broken)
        assert ASKED[what]() == made
    forget()
    monkeypatch.delenv(FOLDER)
    assert ASKED[what]() == made


def test_without_a_folder_nothing_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, "")
    assert ASKED["canvas"]()
    assert not folder.exists()


def test_an_entry_that_is_whole_and_cannot_be_read_is_made_anew(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ASKED["counts"]()
    monkeypatch.setattr(networks, "by_fvcore", lambda _: made)
    store = disk_cache.store()
    assert store
    for content in (b"", b"3", b"[{}]", b'{"modules": [{}]}'):
        forget()
        store.put(next(folder.iterdir()).name, content)
        assert ASKED["counts"]() == made
    assert "an entry was damaged" in caplog.text


def test_a_key_is_the_same_in_every_process() -> None:
    """The order of a set is another one in each."""
    script = (
        "from app.server.disk_cache import key_of; from irnet.diagrams.nested import Expansion;"
        "from irnet.edit import network;"
        f"print(key_of('x', network=network({V1!r}), opened=Expansion(1, frozenset({sorted(OPENED.toggled)}))))"
    )
    told = [
        subprocess.check_output(
            [sys.executable, "-c", script], cwd=ROOT, text=True, env=os.environ | {"PYTHONHASHSEED": seed}
        )
        for seed in "12"
    ]
    assert told == [f"{key_of('x', network=network(V1), opened=OPENED)}\n"] * 2


def test_whatever_is_asked_for_changes_the_key() -> None:
    edited, twin = network(V1, "stem=inception_v3.tf_slim"), replace(SPEC, norm=Norm(eps=1e-5))  # of the same label
    asked: list[dict[str, object]] = [{"network": spec} for spec in (network(V1), SPEC, edited, twin)]
    asked += [{"networks": (SPEC, SPEC)}, {"networks": SPEC}, {"ghosts": True}, {"ghosts": 1}, {"ghosts": None}]
    asked += [
        {"opened": each}
        for each in (Expansion(), Expansion(1), Expansion(0, frozenset({"stem"})), Expansion(0, shown="stem"))
    ]
    asked += [{"a": "b", "c": ""}, {"a": "", "c": "b"}, {"scale": 2.0}, {"scale": "2.0"}]
    keys = [key_of(name, **each) for name in ("one", "other") for each in asked]
    assert len(set(keys)) == len(keys)
    with pytest.raises(TypeError, match="a bytes can't be part of a key"):
        key_of("one", image=b"")


def test_whatever_the_answer_comes_from_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> str:
        disk_cache._code.cache_clear()
        return key_of("one")

    keys = [told()]
    (tmp_path / "irnet").mkdir()
    monkeypatch.setattr("irnet.__file__", str(tmp_path / "irnet" / "__init__.py"))
    for content in ("a = 1", "a = 2"):
        (tmp_path / "irnet" / "spec.py").write_text(content)
        keys.append(told())
    monkeypatch.setattr(disk_cache, "version", lambda name: f"{name} 99")
    keys.append(told())
    monkeypatch.setattr(disk_cache, "_engine", lambda: "another")
    keys.append(told())
    disk_cache._code.cache_clear()
    assert len(set(keys)) == len(keys)


def test_a_page_and_its_drawing_do_without_a_folder_that_breaks_and_the_owner_is_told(folder: Path) -> None:
    folder.write_text("a file, no folder")
    assert not troubles(opened("cost", V1, **sized(V1)))
    assert drawings.svg(V1, {"edits": "a=4", "level": "1"})
    told = TestClient(Starlette(routes=ready.ROUTES)).get("/ready").text
    assert told.endswith(f"; {FOLDER}: nothing can be read there: it is no folder")
    folder.unlink()
    assert drawings.svg(V1, {"edits": "a=5", "level": "1"})
    assert FOLDER not in TestClient(Starlette(routes=ready.ROUTES)).get("/ready").text
