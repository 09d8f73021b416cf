"""From `streamlit run` to the first diagram in Chromium, beside a Streamlit app of one line; seconds.

    python -m benchmarks.cold_start [--rounds 5]

Every start is a new process and a browser context without anything kept, with the settings of this project, in turns.
A bare `import torch` stands beside them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Browser, sync_playwright

from benchmarks.figure import Figure, by_rounds
from benchmarks.server import Server, free_port, ready
from tests.browser.served import FLAGS, ROOT
from tests.system import browser

GOAL = 1.5  # seconds more than the app of one line
ONE_LINE = 'import streamlit; streamlit.title("One line")\n'
PATIENCE = 120  # seconds


def start(chromium: Browser, script: str, seen: str) -> tuple[float, float]:
    """Seconds from the command line until something is seen on the first page, and the server's processor time."""
    port, context = free_port(), chromium.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    began = perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ready(f"http://127.0.0.1:{port}/_stcore/health"):
            if perf_counter() - began > PATIENCE:
                raise TimeoutError(f"{script} does not answer after {PATIENCE} s")
            time.sleep(0.01)
        page.goto(f"http://127.0.0.1:{port}", wait_until="commit")
        page.wait_for_selector(seen, timeout=1000 * PATIENCE)
        return perf_counter() - began, Server(port, server).busy
    finally:
        context.close()
        server.terminate()
        server.wait(PATIENCE)


def import_torch() -> float:
    """Seconds that a process takes to import torch and end."""
    began = perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return perf_counter() - began


def figures(rounds: int = 3) -> Iterator[Figure]:
    """The medians, and what ours takes more than one line."""
    torch, lines, ours = [], [], []
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        script = Path(folder) / "one_line.py"
        script.write_text(ONE_LINE, encoding="utf-8")
        for _ in range(rounds):
            torch.append(import_torch())
            lines.append(start(chromium, str(script), "h1"))
            ours.append(start(chromium, "streamlit_app.py", ".frame[data-drawn]"))
        chromium.close()
    line, busy_line = map(median, zip(*lines, strict=True))
    app, busy_app = map(median, zip(*ours, strict=True))
    for name, seconds, counts in (
        ("import torch", median(torch), "a process that does nothing else"),
        ("a Streamlit app of one line", line, "from the command until its title is visible in Chromium"),
        ("the app", app, "from the command until its first diagram is visible in Chromium"),
    ):
        yield Figure(name=name, value=seconds, unit="s", counts=f"{counts}, median of {rounds}")
    yield Figure(
        name="the app over one line",
        value=app - line,
        unit="s",
        goal=GOAL,
        counts="the difference of the two",
        remark=f"Until then the app's server used {busy_app:.2f} s of processor time, the other {busy_line:.2f} s.",
    )


def main() -> int:
    """Print the figures; exit 1 if the goal is missed."""
    return by_rounds(figures, __doc__, 5)


if __name__ == "__main__":
    sys.exit(main())
