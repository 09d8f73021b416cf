"""Which benchmarks hand over figures, and running them, each in a process of its own."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
PATIENCE = 600  # seconds for one benchmark
ONE = "from benchmarks.collect import hand_over; hand_over({module!r}, {file!r})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one benchmark; with a trouble, the figures are those measured before it."""

    module: str
    figures: tuple[Figure, ...]
    seconds: float
    trouble: str = ""
    load: float = 0.0  # load average at its end, its own work and that of others


def offering(folder: Path) -> list[str]:
    """The names of the modules in a folder that have a function `figures`; a broken one is not passed over."""
    return [file.stem for file in sorted(folder.glob("*.py")) if _offers(file.read_text(encoding="utf-8"))]


def _offers(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return "def figures(" in source
    return any(isinstance(node, ast.FunctionDef) and node.name == "figures" for node in body)


def hand_over(module: str, file: str) -> None:
    """Write what a module's `figures()` yields into a file, a line each, as it comes."""
    with Path(file).open("w", encoding="utf-8") as lines:
        for figure in import_module(module).figures():
            lines.write(json.dumps(asdict(figure)) + "\n")
            lines.flush()


def collected(module: str, patience: float = PATIENCE) -> Outcome:
    """Run one benchmark; what goes wrong in it is told, not raised."""
    start = time.perf_counter()
    with TemporaryDirectory() as folder:
        file, said = Path(folder) / "figures", Path(folder) / "errors"
        with said.open("wb") as errors:
            code = ONE.format(module=module, file=str(file))
            process = subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, stdout=errors, stderr=errors, start_new_session=True
            )
            try:
                ended = process.wait(patience)
                trouble = (_last_line(said) or f"ended with status {ended}") if ended else ""
            except subprocess.TimeoutExpired:
                trouble = f"stopped after {patience:g} s"
            finally:
                _end_all_of(process)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = tuple(Figure(**json.loads(line)) for line in lines)
    if not found and not trouble:
        trouble = "handed over no figure"
    return Outcome(module.rpartition(".")[2], found, time.perf_counter() - start, trouble, os.getloadavg()[0])


def _last_line(said: Path) -> str:
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _end_all_of(process: subprocess.Popen[bytes]) -> None:
    """End a benchmark that did not end, and the servers that a crashed one left behind."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(1)
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
