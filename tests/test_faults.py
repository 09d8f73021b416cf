"""What breaks around the program: what the reader is told, and what is kept."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from time import time

import pytest
import torch

from app import drawings
from app.weights import Weights
from irnet.cli import main
from irnet.diagrams.render import laid_out
from irnet.experiments.training.queue import left_alone, watched
from irnet.runtime import device
from tests.apps import ROOT, opened, sized, troubles

V1 = "inception_resnet_v1.paper"
render = import_module("irnet.diagrams.render")  # a function of that name is in the way
Engine = Callable[[str], Path]
DISK_FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A renderer that does what a shell script says, in the place of the real one."""

    def made(script: str) -> Path:
        file = tmp_path / "graphviz-pure"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setattr(render, "layout_engine", lambda: file)
        return file

    return made


def full(*_: object, **__: object) -> None:
    raise DISK_FULL


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'Error: syntax\nnear line 1' >&2; exit 1", r"graphviz-pure failed: Error: syntax\nnear line 1"),
        ("kill -SEGV $$", "graphviz-pure failed: exit status -11"),
        ("exit 0", "graphviz-pure failed: exit status 0"),
        ("printf '\\377\\376'", "graphviz-pure failed: exit status 0"),
    ],
    ids=["complains", "crashes", "says nothing", "says nonsense"],
)
def test_a_renderer_that_fails_gets_one_sentence(script: str, told: str, engine: Engine) -> None:
    with pytest.raises(RuntimeError) as refused:
        laid_out("digraph { a }", engine(script))
    assert str(refused.value) == told


def test_a_renderer_that_hangs_is_ended_within_the_limit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "TIME_LIMIT", 0.3)
    with pytest.raises(RuntimeError, match=r"^graphviz-pure laid nothing out within 0\.3 seconds$"):
        laid_out("digraph { b }", engine("exec sleep 60"))


def test_a_renderer_that_failed_is_asked_again(engine: Engine) -> None:
    with pytest.raises(RuntimeError):
        laid_out("digraph { c }", engine("exit 1"))
    assert laid_out("digraph { c }", engine("echo '<svg/>'")) == "<svg/>\n"


def test_without_a_renderer_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert main(["diagram", "inception_v4", "--out", str(tmp_path)]) == 2
    assert "pip install graphviz-pure, or install Graphviz" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_renderer_the_page_stays_and_the_drawing_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert opened("network", V1).title
    with pytest.raises(RuntimeError, match="install Graphviz"):
        drawings.svg(V1, {"edits": "a=4", "level": "1"})


def test_a_full_disk_keeps_the_file_that_was_there(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    script = f"""
import resource, signal
from pathlib import Path
from irnet.diagrams.files import write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write(Path({str(tmp_path / "figure.svg")!r}), bytes(5000))
"""
    (tmp_path / "figure.svg").write_text("old")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "figure.svg can't be written: File too large; nothing of it is left half done" in done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("figure.svg", "old")]


def test_an_export_to_a_full_disk_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["code", "inception_v4", "--out", str(tmp_path / "net.py")]) == 2
    told = capsys.readouterr().err
    assert (
        told
        == f"irnet: {tmp_path / 'net.py'} can't be written: {DISK_FULL.strerror}; nothing of it is left half done\n"
    )
    assert not list(tmp_path.iterdir())


def test_an_upload_on_a_full_disk_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"), Weights("a.pt", "key", content=b"1").file():
        raise AssertionError("there is no file to read")
    assert gettempdir() == str(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=["card", "host", "Python"],
)
def test_a_device_out_of_memory_gets_one_sentence_and_holds_nothing(error: BaseException) -> None:
    with pytest.raises(RuntimeError) as refused, device.memory_limit("cuda"):
        raise error
    assert str(refused.value) == "cuda has not enough memory for this: take a smaller input, width, depth or batch"
    assert error.__traceback__ is None


def test_a_model_that_the_allocator_refuses_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    with monkeypatch.context() as broken:
        broken.setattr("app.live.build", refuse)
        app = opened("cost", V1, **sized(V1), **{f"{V1}.a": 1})
        assert [error.value for error in app.error] == [
            "Cpu has not enough memory for this: take a smaller input, width, depth or batch."
        ]
    assert not troubles(app.run())


def test_a_clock_that_steps_back_leaves_a_watched_run_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(tmp_path)
    for step, alone in ((-7200, False), (0, False), (7200, True)):
        monkeypatch.setattr("irnet.experiments.training.queue.time", lambda step=step: time() + step)
        assert left_alone(tmp_path) is alone


def test_two_tabs_of_one_reader_have_a_view_each() -> None:
    first, second = opened("network", V1, box="stem"), opened("network", "inception_v4.paper", box="inception_a")
    first.text_input(key="box").set_value("block_a").run()
    second.run()
    seen = [(tab.selectbox(key="model").value, tab.text_input(key="box").value) for tab in (first, second)]
    assert seen == [(V1, "block_a"), ("inception_v4.paper", "inception_a")]
    assert not troubles(first) + troubles(second)
