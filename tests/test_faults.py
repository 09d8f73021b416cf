"""What breaks around the program: what the reader is told, and what is kept."""

from __future__ import annotations

import errno
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
import torch

from app import drawings
from app.server.roots import RUNS
from irnet.cli import main
from irnet.diagrams.render import laid_out
from irnet.runtime import device
from tests.apps import ROOT, opened, run_here, sample, sized, troubles

V1, V2 = "inception_resnet_v1.paper", "inception_resnet_v2.paper"
TINY_KNOBS = [f"--set={knob}" for knob in ("a=1", "b=1", "c=1", "width=0.125", "input_size=139")]
render = import_module("irnet.diagrams.render")  # a function of that name is in the way
Engine = Callable[[str], Path]
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt"></svg>'
NOT_WHOLE = "what it wrote is not a whole drawing"
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
        ("exit 0", f"graphviz-pure failed: {NOT_WHOLE}"),
        ("printf '\\377\\376'", f"graphviz-pure failed: {NOT_WHOLE}"),
        (f"printf '{DRAWING[:-3]}'", f"graphviz-pure failed: {NOT_WHOLE}"),
        ("printf '<svg/>'", f"graphviz-pure failed: {NOT_WHOLE}"),
    ],
    ids=["complains", "crashes", "says nothing", "says nonsense", "ends too early", "draws nothing"],
)
def test_a_renderer_that_fails_gets_one_sentence(script: str, told: str, engine: Engine) -> None:
    with pytest.raises(RuntimeError) as refused:
        laid_out("digraph { a }", engine(script))
    assert str(refused.value) == told


def test_a_renderer_that_can_not_be_started_gets_one_sentence(engine: Engine) -> None:
    made = engine("exit 0")
    made.chmod(0o644)
    with pytest.raises(RuntimeError, match=r"^graphviz-pure can't be started: Permission denied$"):
        laid_out("digraph { a }", made)


def test_a_renderer_that_hangs_is_ended_within_the_limit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "TIME_LIMIT", 0.3)
    with pytest.raises(RuntimeError, match=r"^graphviz-pure did not finish within 0\.3 seconds$"):
        laid_out("digraph { b }", engine("exec sleep 60"))


def test_a_renderer_that_failed_is_asked_again(engine: Engine) -> None:
    with pytest.raises(RuntimeError):
        laid_out("digraph { c }", engine("exit 1"))
    assert laid_out("digraph { c }", engine(f"printf '{DRAWING}'")) == DRAWING


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


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes while the block runs."""
    handler, before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_race_that_finds_no_room_is_refused_in_a_sentence_and_starts_once_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUNS, str(tmp_path))
    monkeypatch.setattr("app.runs.go_on", lambda *_, **__: None)
    app = opened("race", new=True)
    with small_files(20):
        app.button(key="race.start").click().run()
    told = (
        "The server can't use its files (File too large); earlier results are still there. Please tell whoever runs it."
    )
    assert [error.value for error in app.error] == [told]
    assert not list(tmp_path.iterdir())
    app.button(key="race.start").click().run()
    assert not troubles(app)
    assert [place.name for place in tmp_path.iterdir()] == ["race-1"]


@pytest.mark.parametrize(
    ("words", "name"),
    sample(
        (
            (["maps", "stem.0.0"], "maps.npz"),
            (["activations", "--scale", "1", "--format", "csv"], "curves.csv"),
            (["receptive-field", "stem.0.0", "--photo", "coffee"], "field.png"),
        )
    ),
)
@pytest.mark.usefixtures("capsys")  # the file behind pytest's own capture may not grow either
def test_a_result_that_finds_no_room_keeps_the_file_that_was_there(words: list[str], name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("old")
    verb, *rest = words
    with small_files(200):
        status = main([verb, V1, *rest, *TINY_KNOBS, "--out", str(tmp_path / name)])
    assert status == 2
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "old")]


def test_an_upload_on_a_full_disk_ends_in_one_sentence_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = opened("activations", V1, weights="true", **sized(V1))
    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_bytes", full)
        app.file_uploader(key="checkpoint").upload("a.pt", b"1", "application/octet-stream").run()
    assert ["No space left" in error.value for error in app.error] == [True]
    assert not [place for place in tmp_path.iterdir() if any(place.rglob("a.pt"))]


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
    assert (
        str(refused.value) == "cuda does not have enough memory for this: choose a smaller input, width, depth or batch"
    )
    assert error.__traceback__ is None


@pytest.mark.parametrize("verbs", sample(("activations inception_v4", f"block {V2} block_b.3;activations {V2}")))
def test_an_allocator_that_refuses_ends_in_one_sentence(verbs: str) -> None:
    """A real one: the process may have little more memory than it has with torch loaded."""
    script = """
import resource, sys, torch
from irnet.cli import main
from irnet.lab import activations, block, photos, scale_tables
from irnet.runtime import build
photos.photo("astronaut")
torch.set_num_threads(1)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (40 << 20),) * 2)
for verb in sys.argv[1:]:
    status = main([*verb.split(), "--format", "json"])
sys.exit(status)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *verbs.split(";")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert not done.stdout
    told = "irnet: cpu does not have enough memory for this: choose a smaller input, width, depth or batch\n"
    assert done.stderr == told * len(verbs.split(";"))


def test_a_model_that_the_allocator_refuses_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    with monkeypatch.context() as broken:
        run_here(broken)
        broken.setattr("app.server.networks.build", refuse)
        app = opened("block", V1, **sized(V1), **{f"{V1}.a": 1})
        assert [error.value for error in app.error] == [
            "Cpu does not have enough memory for this: choose a smaller input, width, depth or batch."
        ]
    assert not troubles(app.run())


def test_two_tabs_of_one_reader_have_a_view_each() -> None:
    first, second = opened("network", V1, box="stem"), opened("network", "inception_v4.paper", box="inception_a")
    first.text_input(key="box").set_value("block_a").run()
    second.run()
    seen = [(tab.session_state["model"], tab.text_input(key="box").value) for tab in (first, second)]
    assert seen == [(V1, "block_a"), ("inception_v4.paper", "inception_a")]
    assert not troubles(first) + troubles(second)


NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "faults.md").read_text(encoding="utf-8"))


def test_the_table_of_faults_has_a_test_in_every_row_which_is_there() -> None:
    sources = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in NAMED}
    assert [name for file, name in NAMED if f"def {name}" not in sources[file]] == []
    rows = [line for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines() if "|" in line][2:]
    assert rows
    assert [row for row in rows if "::test_" not in row.split("|")[4]] == []
