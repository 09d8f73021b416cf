"""Read the training curves of Figures 21 to 24 out of the paper's PDF, where they are lines and no pictures.

    python -m benchmarks.paper_curves 1602.07261v2.pdf

Needs `pdftocairo` of poppler. The frame's ticks give the scale, their printed numbers are below. Figures 25 and 26 draw
the same curves again up to epoch 160; the largest difference is printed. What was read is written into
`irnet/provenance/curves.toml`, with the mean, the least and the most of every two epochs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import mean

from irnet.data_files import HERE
from irnet.provenance.published import CURVE_EPOCHS

Points = list[tuple[float, float]]
V3, V1, V4, V2 = (
    "inception_v3.tf_slim",
    "inception_resnet_v1.paper",
    "inception_v4.paper",
    "inception_resnet_v2.paper",
)
DASHED, SOLID, BLUE, DOTTED = "0%,50%,0%", "100%,0%,0%", "0%,0%,100%", "0%,0%,0%"  # inks in which curves are drawn
FOUR = {DASHED: V4, SOLID: V2, BLUE: V3, DOTTED: V1}
# In the order of the pages' source: figure, errors at its first and last tick, epoch at the last, whose each ink is.
FIGURES = (
    ("Fig. 21", 15, 29, 200, {DASHED: V3, SOLID: V1}),
    ("Fig. 22", 3, 9.5, 200, {DASHED: V3, SOLID: V1}),
    ("Fig. 23", 15, 34, 160, {DASHED: V4, SOLID: V2}),
    ("Fig. 24", 3, 9, 160, {DASHED: V4, SOLID: V2}),
    ("Fig. 25", 2.5, 9.5, 160, FOUR),
    ("Fig. 26", 18, 29, 160, FOUR),
)
FIRST_EPOCH = 20  # at the left of every frame
AGAIN = {"Fig. 21": "Fig. 26", "Fig. 23": "Fig. 26", "Fig. 22": "Fig. 25", "Fig. 24": "Fig. 25"}
HEAD = f"""\
# Error in percent of every {CURVE_EPOCHS} epochs from `start` on: mean, least and most of what is drawn there. Read out
# of the vector drawing of Figures 21 to 24 of arXiv 1602.07261v2 by `python -m benchmarks.paper_curves`.
"""


def paths(file: str, page: int) -> Iterator[tuple[str, str, str, Points]]:
    """Transform, ink, width and points of every line that is drawn on a page."""
    svg = subprocess.run(
        ["pdftocairo", "-svg", "-f", str(page), "-l", str(page), file, "-"], check=True, capture_output=True, text=True
    ).stdout
    for path in re.findall(r"<path[^>]*fill:none[^>]*>", svg):
        found = [
            re.search(pattern, path)
            for pattern in (r'transform="([^"]*)"', r"stroke:rgb\(([^)]*)\)", r"stroke-width:([\d.]+)", r' d="([^"]*)"')
        ]
        if all(found):
            frame, ink, width, drawn = (one[1] for one in found if one)
            yield frame, ink, width, [(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", drawn)]


def frames(file: str) -> Iterator[list[tuple[str, str, Points]]]:
    """The plots of the two pages: ink, width and points of the lines of each."""
    for page in (9, 10):
        plots: dict[str, list[tuple[str, str, Points]]] = {}
        for frame, ink, width, points in paths(file, page):
            plots.setdefault(frame, []).append((ink, width, points))
        yield from (plot for plot in plots.values() if any(len(points) > 100 for _, _, points in plot))


def curves(file: str) -> dict[tuple[str, str], Points]:
    """Epoch and error of every point that is drawn, by figure and network."""
    found = {}
    for (figure, low, high, last, inks), plot in zip(FIGURES, frames(file), strict=True):
        grid = [points for _, width, points in plot if width == "0.5"]
        across = sorted({a[0] for a, b in grid if a[0] == b[0]})
        up = sorted({a[1] for a, b in grid if a[1] == b[1]})
        epoch, error = (last - FIRST_EPOCH) / (across[-1] - across[0]), (high - low) / (up[-1] - up[0])
        for ink, width, points in plot:
            if width == "2" and len(points) > 2:  # two points are a line of the legend
                found[figure, inks[ink]] = [
                    (FIRST_EPOCH + (x - across[0]) * epoch, low + (y - up[0]) * error) for x, y in points
                ]
    return found


def largest_difference(first: Points, second: Points) -> float:
    """Between two drawings of one curve, where both are."""
    return max(
        abs(error - below - (above - below) * (epoch - left) / (right - left))
        for (left, below), (right, above) in pairwise(second)
        for epoch, error in first
        if left <= epoch < right and epoch >= FIRST_EPOCH
    )


def lines(points: Points, last: int) -> Iterator[str]:
    """Mean, least and most of every few epochs."""
    start = next(epoch for epoch in range(FIRST_EPOCH, last, CURVE_EPOCHS) if _within(points, epoch))
    yield f"start = {start}\nvalues = ["
    for epoch in range(start, last, CURVE_EPOCHS):
        errors = _within(points, epoch)
        yield f"  [{mean(errors):.2f}, {min(errors):.2f}, {max(errors):.2f}],"
    yield "]"


def _within(points: Points, epoch: int) -> Sequence[float]:
    return [error for at, error in points if epoch <= at < epoch + CURVE_EPOCHS]


def main() -> None:
    """Read, compare and write."""
    found, ends = curves(sys.argv[1]), {figure: last for figure, _, _, last, _ in FIGURES}
    written = [HEAD]
    for (figure, preset), points in found.items():
        if again := AGAIN.get(figure):
            print(f"{figure} and {again}, {preset}: {largest_difference(points, found[again, preset]):.4f}")
            body = "\n".join(lines(points, ends[figure]))
            written.append(f'[[curves]]\nfigure = "{figure}"\npreset = "{preset}"\n{body}\n')
    (HERE / "provenance" / "curves.toml").write_text("\n".join(written), encoding="utf-8")


if __name__ == "__main__":
    main()
