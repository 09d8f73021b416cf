"""How long the server takes for an edit: the page with its numbers and comparison, then the drawing; milliseconds.

    python -m benchmarks.editor [--rounds 40]

Random settings of random boxes get random values, legal or not. Exit status 1 if the median is above its limit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random
from statistics import median, quantiles
from time import perf_counter

from benchmarks.figure import Figure, by_rounds
from irnet.diagrams import canvas_svgs
from irnet.diagrams.nested import Expansion, revealing, shown_block
from irnet.edit.history import history
from irnet.edit.settings import standing
from irnet.edit.validate import validate
from irnet.models import PRESETS, network
from irnet.tree import resolve
from tests.apps import opened

LIMIT = 100  # milliseconds


def edited(preset: str, random: Random) -> tuple[float, float]:
    """Milliseconds of the page and of the drawing for one edit of a preset with two edits before it."""
    original = network(preset)
    box = random.choice(
        [path for path, one in resolve(original).items() if one.level != "unit" and one.stage != "stem"]
    )
    before = f"classes={random.randint(2, 2000)}, dropout=0.{random.randint(1, 9)}"
    app = opened("edit", preset, box=box, **{f"{preset}.edits": before})
    field = random.choice([one for one in app.number_input if (one.key or "").startswith("set.")])
    low, high = float(field.min or 0), min(float(field.max or 1), 2 * float(field.value or 0) + 1)
    value = random.randint(int(low), int(high)) if field.step >= 1 else round(random.uniform(0, 1), 2)
    start = perf_counter()
    field.set_value(value).run()
    page = perf_counter() - start
    done = history(preset, app.session_state[f"{preset}.edits"]).done
    start = perf_counter()
    found = validate(original, done)
    wrong = standing(found.network, found.refusal.path) if found.refusal else ""
    box = app.text_input(key="box").value or ""
    view = revealing(found.network, Expansion(shown=shown_block(found.network, box)), box)
    canvas_svgs(found.network, view, original=original, refused=wrong)
    return 1000 * page, 1000 * (perf_counter() - start)


def figures(rounds: int = 40) -> Iterator[Figure]:
    """Medians and 95th percentiles; the goal is the page's, whose drawing comes after it."""
    random, names = Random(0), list(PRESETS)
    found = [edited(names[i % len(names)], random) for i in range(rounds)]
    pages, drawings = zip(*found[1:], strict=True)  # the first one imports and compiles
    both = [page + drawing for page, drawing in found[1:]]
    for name, times in (("page", pages), ("drawing", drawings), ("page and drawing", both)):
        counts = f"{len(times)} random edits, in the server; the slowest 5 % took {quantiles(times, n=20)[-1]:.0f} ms"
        goal = LIMIT if name == "page" else None
        yield Figure(name=f"an edit: {name}, median", value=median(times), unit="ms", counts=counts, goal=goal)


def main() -> int:
    """Measure, and print medians and 95th percentiles."""
    return by_rounds(figures, __doc__, 40)


if __name__ == "__main__":
    sys.exit(main())
