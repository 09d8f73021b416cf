"""What lays a picture out: the wheel's engine, a system's, or a sentence that says what to install."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from irnet.diagrams import draw
from irnet.diagrams.render import FORMATS, Format, laid_out, layout_engine
from irnet.models import network

V2 = network("inception_resnet_v2")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Nothing laid out before, nothing left for later."""
    laid_out.cache_clear()
    yield
    laid_out.cache_clear()


@pytest.mark.parametrize("form", FORMATS)
def test_no_graphviz_on_the_path_is_needed(form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert len(draw(V2, form, "block_a")) > 1000


def test_a_system_dot_is_taken_where_the_wheel_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def which(program: str, path: str | None = None) -> str | None:
        return "/somewhere/dot" if program == "dot" and path is None else None

    monkeypatch.setattr(shutil, "which", which)
    assert layout_engine() == Path("/somewhere/dot")


def test_without_any_engine_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(
        RuntimeError, match=r"^nothing here can lay out a diagram: pip install graphviz-pure, or install"
    ):
        draw(V2, "svg", "block_a")


def test_broken_dot_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"^graphviz-pure failed: ."):
        laid_out("digraph { a -> ", layout_engine())


def test_an_engine_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 5\n")
    slow.chmod(0o755)
    monkeypatch.setattr(import_module("irnet.diagrams.render"), "TIME_LIMIT", 0.1)
    with pytest.raises(RuntimeError, match=r"^slow laid nothing out within 0\.1 seconds$"):
        laid_out("digraph {}", slow)
