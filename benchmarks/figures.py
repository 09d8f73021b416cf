"""How long the whole set of figures takes, by worker processes and as a loop of single calls.

python -m benchmarks.figures
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from irnet.diagrams.factory import listing

OPTIONS = ["--format", "svg,pdf", "--theme", "light,dark"]
SAMPLE = 12  # single calls that are timed; the rest is taken to be like them


def timed(*arguments: str) -> float:
    """Seconds that a command line takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "irnet", "export", *arguments, *OPTIONS], check=False, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print both times."""
    with TemporaryDirectory() as folder:
        together = timed("--all", folder)
        count = len(list(Path(folder).iterdir()))
        names = [one["id"] for one in listing() if one["group"] != "tables"]
        some = names[:: len(names) // SAMPLE]
        alone = sum(timed("--figure", name, "--out", folder) for name in some) / len(some) * len(names)
    load = os.getloadavg()[0]
    print(f"{count} files ({' '.join(OPTIONS)}), {os.cpu_count()} cores, load {load:.1f} beside this")
    print(f"--all, worker processes: {together:.1f} s")
    print(f"a loop of --figure, {len(names)} calls: {alone:.0f} s (from {len(some)} of them)")


if __name__ == "__main__":
    main()
