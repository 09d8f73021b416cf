"""What counts as dead, sparse or slow follows from the criteria, whenever those are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from irnet.charts import Tiles
from irnet.training.charts import death_chart, story_chart
from irnet.training.finished import finished, text_of
from irnet.training.results import History
from irnet.training.settings import PAPER_RATE, WARM_UP_RATE, Data
from irnet.training.stability import (
    BASE,
    PAPER_FILTERS,
    REMEDIES,
    Criteria,
    Fate,
    Verdict,
    cells,
    claims_reproduced,
    filters,
    finding,
    outcome,
    records,
    setting,
    stability,
    story,
    verdict,
)
from tests.training.small import TINY, history, sweep

CHANCE = 1 / 8
DEAD = history(zeros=[0.5, 0.9, 1.0, 1.0, 1.0, 1.0], accuracies=[0.5, 0.2, CHANCE, CHANCE, CHANCE, CHANCE])
LIVING = history(zeros=[0.5] * 6, accuracies=[0.5] * 6, gradients=[0.1] * 6)


def fate(run: History, twin: History | None = None, criteria: Criteria | None = None) -> Fate:
    return verdict(run, twin, criteria).fate


def test_a_run_is_dead_once_every_sign_has_held_as_long_again_and_did_not_come_back_to_life() -> None:
    dead = Verdict(fate="dead", since=3, accuracy=CHANCE, zeros=1.0)
    assert verdict(DEAD) == dead
    assert verdict(replace(DEAD, lines=DEAD.lines[:5])) == replace(dead, fate="at chance")
    revived = history(zeros=[1.0] * 5 + [0.99] + [1.0] * 4, accuracies=[CHANCE] * 10)
    assert (verdict(revived).since, fate(revived)) == (7, "at chance")


@pytest.mark.parametrize(
    "alive",
    [
        history(zeros=[1.0] * 5 + [0.999999], accuracies=[CHANCE] * 6),
        history(zeros=[1.0] * 6, accuracies=[CHANCE] * 6, gradients=[0.0] * 5 + [1e-12]),
        history(zeros=[1.0] * 6, accuracies=[CHANCE] * 6, gradients=[0.0] * 5 + [None]),
        history(zeros=[1.0] * 6, accuracies=[CHANCE] * 5 + [CHANCE + 1 / 64]),
    ],
    ids=["one output", "a gradient", "no number", "one image more"],
)
def test_one_sign_of_life_at_the_end_is_enough(alive: History) -> None:
    assert verdict(alive).since is None
    assert fate(alive) == "at chance"


def test_chance_is_what_one_and_the_same_answer_gets() -> None:
    assert verdict(replace(DEAD, chance=0.1)).since is None  # 0.125 is more than the commonest class would get
    assert fate(replace(DEAD, chance=0.2)) == "dead"
    assert fate(history(zeros=[0.5] * 6, accuracies=[0.2] * 6)) == "at chance"  # no better than luck


def test_learning_with_nearly_all_zeros_is_sparse_and_well_behind_the_scaled_twin_slow() -> None:
    run = history(zeros=[0.96] * 6, accuracies=[0.8] * 6, gradients=[1.0] * 6)
    assert fate(run) == "sparse"
    assert fate(run, criteria=Criteria(sparse=0.97)) == "living"
    ahead = history(zeros=[0.5] * 6, accuracies=[0.7] * 6)
    assert [fate(LIVING), fate(LIVING, ahead), fate(LIVING, ahead, Criteria(slow=0.3))] == ["living", "slow", "living"]


def test_diverged_and_unmeasured_runs_are_results_of_their_own() -> None:
    assert fate(history(zeros=[1.0] * 3, losses=[1.0, 1.0, None], accuracies=[CHANCE] * 2)) == "diverged"
    assert fate(history(losses=[1.0] * 3)) == "not measured"
    assert fate(replace(DEAD, chance=None)) == "not measured"  # written by an older version


def test_a_run_that_goes_on_has_no_verdict_and_criteria_have_limits() -> None:
    with pytest.raises(ValueError, match="run 0 has not ended yet"):
        verdict(replace(DEAD, ended=None))
    with pytest.raises(ValueError, match=r"zeros=2.0 is outside 0 to 1"):
        Criteria(zeros=2.0)


def test_a_cell_counts_its_seeds_and_finds_its_twins() -> None:
    wanted = sweep(seeds=3)
    runs = [replace(DEAD if run.scale == 1 else LIVING, run=run) for run in wanted.runs()]
    runs[-1] = history(run=runs[-1].run, losses=[1.0, None])
    runs[1] = replace(history(zeros=[0.5] * 6, accuracies=[0.3] * 6), run=runs[1].run)  # scale 1, seed 0: behind
    scaled, unscaled = cells(wanted, runs)
    assert (scaled.place, scaled.fate, scaled.sentence) == ((("scale", 0.1),), "living", "3 of 3 living")
    assert (unscaled.fate, unscaled.sentence) == ("dead", "1 of 3 dead, 1 diverged, 1 slow")
    (record,) = records([unscaled])
    assert (record["dead"], record["diverged"], record["slow"], record["ended"]) == (1, 1, 1, 3)
    assert record["dead_since"] == [None, 3, None]
    assert outcome([scaled, unscaled]) == "Of 6 runs: 1 dead, 1 diverged, 1 slow, 3 living"


def test_a_map_says_what_of_the_paper_it_reproduces() -> None:
    wanted = sweep()
    made = cells(wanted, [replace(DEAD if run.scale == 1 else LIVING, run=run) for run in wanted.runs()])
    assert claims_reproduced(made)[0] == "Reproduced: 1 of 1 dead runs learn with a smaller scale, all else the same."
    assert claims_reproduced(made)[-1].startswith("Not tried here: the paper's rate")
    low = sweep(replace(TINY, rate=PAPER_RATE))
    quiet = cells(low, [replace(LIVING, run=run) for run in low.runs()])
    assert claims_reproduced(quiet) == [
        "Not reproduced: no run died.",
        "Not reproduced: at the paper's rate of 0.045 no run died within 6 steps.",
    ]


def test_a_map_says_where_networks_died_what_they_showed_and_what_saved_them() -> None:
    wanted, found = finished("stability")
    assert finding(cells(wanted, found)) == (
        "At residual scale 1, learning rate 1.2, width 0.25, 3 of 3 networks died: from step 40 on the last block "
        "put out 100.0 % zeros, the gradient there was 0 and accuracy 12.5 %, where chance is 12.5 %. "
        "At scale 0.1 and all else the same, 3 of 3 networks learnt."
    )
    alive = [history for history in found if history.run.scale == 0.1]
    assert finding(cells(wanted, alive)) == f"None of the {len(alive)} networks died."
    assert finding(cells(wanted, [replace(history, ended=None) for history in found])) == "No run has ended yet."


def test_a_map_that_is_being_trained_shows_how_far_each_cell_is_and_its_curves() -> None:
    wanted, found = finished("stability")
    begun = [replace(history, ended=None, lines=history.lines[:2]) for history in found[:3]]
    tiles = death_chart(wanted, cells(wanted, begun)).marks[0]
    assert isinstance(tiles, Tiles)
    assert [tile.kind for tile in tiles.tiles] == [None] * len(tiles.tiles)
    assert all(words[0].endswith("% done") and words[1].endswith("% zeros") for words in (t.lines for t in tiles.tiles))
    curves = story_chart(begun).lines
    assert [len(curve.x) for curve in curves] == [2, 2, 2]
    assert len({curve.name for curve in curves}) == len(curves)


def test_a_map_says_with_what_it_was_made() -> None:
    said = setting(stability(BASE, [("rate", (0.2, BASE.rate)), ("scale", (0.1, 1.0))], [0]))
    assert said == (
        "Inception-ResNet-v2 (paper); width 0.25, up to 536 filters; rmsprop; init he; 160 steps of 16 images; "
        "8 classes of gratings, 75 px"
    )


def test_the_default_is_narrower_than_the_paper_speaks_of() -> None:
    assert filters(BASE) < PAPER_FILTERS < filters(replace(BASE, width=1.0))
    assert WARM_UP_RATE == 0.01  # arXiv 1512.03385, section 4.2
    assert "0.00001 was not enough" in REMEDIES["warm_up"]


def test_a_story_tells_every_block_at_every_step() -> None:
    told = list(story(DEAD))
    assert [record["step"] for record in told] == [*range(1, 7)]
    block = {"run": 0, "block": "block_c.0", "zeros": 1.0, "accuracy": CHANCE, "held_out_zeros": 1.0, "gradient": 0.0}
    assert told[3].items() >= block.items()


@pytest.mark.parametrize(
    ("base", "axes", "sentence"),
    [
        (TINY, [("colour", ("red",))], "'colour' is not an axis of the death map"),
        (TINY, [("scale", (1.0,)), ("rate", (1.0,)), ("width", (1.0,)), ("depth", (1,))], "has 1 to 3 axes, not 4"),
        (replace(TINY, evaluate_every=0), [("scale", (1.0,))], "read from measurements during training"),
        (replace(TINY, data=Data(held_out=1)), [("scale", (1.0,))], "at least 2 held-out images"),
        (
            replace(TINY, network="inception_v4", width=0.125),
            [("scale", (1.0, 0.1))],
            "inception_v4.paper has no residual blocks, so scale=1 has nothing to act on",
        ),
    ],
)
def test_a_map_that_cannot_be_is_refused_in_one_sentence(base: object, axes: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        stability(base, axes, [0])  # type: ignore[arg-type]


def test_the_finished_map_has_dead_and_living_runs_and_says_so() -> None:
    wanted, found = finished("stability")
    made = cells(wanted, found)
    assert {"dead", "living"} <= {verdict.fate for cell in made for verdict in cell.verdicts}
    assert [name for name, _ in wanted.axes] == ["seed", "scale", "rate", "width"]
    assert min(map(filters, wanted.runs())) < PAPER_FILTERS < max(map(filters, wanted.runs()))
    assert PAPER_RATE in wanted.values("rate")
    written = text_of(wanted, found, {})
    assert (
        written.partition('"runs"')[2]
        == (Path("irnet/training/finished_map.json").read_text(encoding="utf-8").partition('"runs"')[2])
    )
