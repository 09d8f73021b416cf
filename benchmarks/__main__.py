"""Every benchmark that hands over figures, and one page with all of them.

    python -m benchmarks [NAME ...] [--out benchmarks/RESULTS.md]

Exit status 1 if a benchmark failed to run; a missed goal is told, with what keeps it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.collect import collected, offering
from benchmarks.page import page

HERE = Path(__file__).parent


def main() -> int:
    """Run what is asked for, or everything, and write the page."""
    names = offering(HERE)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--out", type=Path, help="the page; RESULTS.md beside this, if everything is run")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in names]:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(names)}")
    chosen = asked.names or names
    out = asked.out or (None if asked.names else HERE / "RESULTS.md")
    before, outcomes = os.getloadavg()[0], []
    for name in chosen:
        print(f"{name} ...", flush=True)
        outcomes.append(collected(f"benchmarks.{name}"))
        for figure in outcomes[-1].figures:
            print(f"  {figure.line}")
        print(f"  {outcomes[-1].seconds:.0f} s. {outcomes[-1].trouble}", flush=True)
        if out:  # a run that is cut off leaves what it found
            done = {outcome.module for outcome in outcomes}
            out.write_text(page(outcomes, before, [one for one in names if one not in done]), encoding="utf-8")
    return int(any(outcome.trouble for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
