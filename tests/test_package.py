"""`pip install .` gives the library with all its files, and the `irnet` command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.apps import ROOT


def test_an_installed_copy_runs_without_the_project(tmp_path: Path) -> None:
    here = tmp_path / "here"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(here), str(ROOT)], check=True, capture_output=True)
    environment = os.environ | {"PYTHONPATH": str(here)}
    command = [sys.executable, str(here / "bin" / "irnet"), "export", "inception_v4", "--out", "net.html"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (here / "irnet" / "lessons" / "00-tour.md").is_file()
    assert "Inception-A" in (tmp_path / "net.html").read_text(encoding="utf-8")
