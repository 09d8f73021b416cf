"""Race and death map in the app: the forms, and sweeps that the library trained."""

from __future__ import annotations

import fcntl
import json
import shutil
from contextlib import ExitStack
from dataclasses import replace
from os.path import relpath
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import run_folder, runs, training
from app.server import roots
from app.training import FORM
from irnet.provenance.published import curves
from irnet.training.directory import last_word
from irnet.training.fields import Field
from irnet.training.finished import finished
from irnet.training.race import BASE, PAIRS, race
from irnet.training.settings import SETTINGS, value_in
from irnet.training.stability import cells, outcome
from tests.apps import opened, troubles
from tests.training.small import made, sweep


@pytest.fixture
def served(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with one finished race and one finished death map, as the server's."""
    monkeypatch.setenv(roots.RUNS, str(trained))
    return trained


def figures(app: AppTest) -> list[dict[str, Any]]:
    """The page's Plotly figures."""
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def titles(app: AppTest) -> list[str]:
    """What the page's figures say above them, in one line each."""
    return [figure["layout"]["title"]["text"].replace("<br>", " ") for figure in figures(app)]


@pytest.mark.usefixtures("served")
def test_a_finished_race_shows_ours_and_the_papers_apart() -> None:
    app = opened("race", race="race-1")
    assert not troubles(app)
    assert [header.value for header in app.header] == ["Paper, ImageNet"]
    ours, papers = titles(app)[:2], titles(app)[2:]
    assert len(ours) == 2
    assert papers == [one.shows.rstrip(".") for one in curves()]
    found = next(markdown.value for markdown in app.markdown if "held-out accuracy" in markdown.value)
    assert found.startswith("**Ours, toy data: ")
    filled = [trace for trace in figures(app)[0]["data"] if trace.get("fill") == "tonexty"]
    assert len(filled) == 2  # two seeds give a band
    app = opened("race", race="race-1", **{"race.against": "MACs"})
    assert "TMAC" in figures(app)[0]["layout"]["xaxis"]["title"]["text"]


def test_a_definition_of_death_is_changed_without_training(served: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in served.glob("death-1/runs/*")}
    app = opened("death", death="death-1")
    app.number_input(key="death.learning").set_value(1.0).run()
    assert titles(app)[0] == "Of 2 runs: 2 at chance"
    loose = {"zeros": 0.0, "gradient": 1000.0, "above_chance": 1.0, "again": 0.0}
    for name, value in loose.items():
        app.number_input(key=f"death.{name}").set_value(value)
    app.run()
    assert titles(app)[0] == "Of 2 runs: 2 dead"
    assert not troubles(app)
    assert {file: file.stat().st_mtime_ns for file in served.glob("death-1/runs/*")} == before


@pytest.mark.usefixtures("served")
def test_a_cell_tells_zeros_magnitudes_and_loss_of_every_block_and_step() -> None:
    app = opened("death", death="death-1", **{"death.tab": "One cell", "death.cell": "scale 1"})
    _, measured, zeros, magnitudes, loss = figures(app)
    assert [trace["name"] for trace in measured["data"]] == ["zeros after the last block", "accuracy", "chance"]
    assert list(zeros["data"][0]["y"]) == ["block_a.0", "block_b.0", "block_c.0"]
    assert len(magnitudes["data"][0]["x"]) == len(loss["data"][0]["x"]) == 3


@pytest.mark.parametrize("name", ["..", "../runs", "/etc", ".", "", "death-1/../race-1/runs", "link"])
def test_a_name_leads_nowhere_but_into_the_servers_folder(own: Path, tmp_path: Path, name: str) -> None:
    for place in (own, tmp_path):
        (place / "settings.json").touch()
    elsewhere = made(tmp_path / "elsewhere", sweep())
    (own / "link").symlink_to(elsewhere)
    with pytest.raises(ValueError, match="no run of this server"):
        run_folder.inside(name)


def test_a_folder_that_another_run_was_put_into_is_read_again(own: Path) -> None:
    place = made(own / "one", sweep())
    assert (runs.names("stability"), runs.names("race")) == (["one"], [])
    shutil.rmtree(place)
    made(place, replace(sweep(), kind="race"))
    assert (runs.names("stability"), runs.names("race")) == ([], ["one"])


def test_an_address_opens_no_directory_outside_the_servers_folder(served: Path, tmp_path: Path) -> None:
    made(tmp_path / "secret", sweep())
    app = opened("death", death=relpath(tmp_path / "secret", served))
    assert "which is not there" in app.warning[0].value
    assert titles(app)[0] == outcome(cells(*finished("stability")))  # the map that comes with the library


@pytest.mark.usefixtures("own")
def test_the_death_map_opens_with_a_finished_one_and_the_papers_claim_beside_it() -> None:
    app = opened("death")
    assert not troubles(app)
    assert titles(app)[0].startswith("Of ")
    said = " ".join(markdown.value for markdown in app.markdown)
    for words in ("more than 1,000 filters", "rate 0.045", "seemed to stabilise", "Reproduced:", "Not reproduced:"):
        assert words in said
    assert [title.partition(":")[0] for title in titles(app)[1:3]] == ["Dead", "Living"]


def test_a_race_starts_as_it_was_set_and_is_shown(own: Path, begun: list[dict[str, Any]]) -> None:
    address: dict[str, object] = {"race.steps": 7, "race.seeds": 2, "race.width": 0.125}
    app = opened("race", new=True, **address)
    app.toggle(key="race.keep").set_value(False).run()
    app.button(key="race.start").click().run()
    assert not troubles(app)
    assert begun == [{"name": "race-1", "folder": own / ".queue", "at_most": 1, "keep": False}]
    settings, _ = runs.read("race-1")
    assert (settings.base.steps, settings.values("seed"), settings.base.width) == (7, (0, 1), 0.125)
    assert app.selectbox(key="race").value == "race-1"
    assert [button.key for button in app.button if button.key == "race.start"] == []  # the form is shut
    assert not app.session_state[FORM]


@pytest.mark.usefixtures("own")
def test_the_short_map_starts_with_one_button(begun: list[dict[str, Any]]) -> None:
    app = opened("death")
    app.button(key="death.curated.start").click().run()
    assert [call["name"] for call in begun] == ["death-1"]
    assert runs.read("death-1")[0].values("scale") == (0.1, 1.0)


def test_a_stopped_run_says_why(own: Path) -> None:
    place = made(own / "death-1", sweep())
    (place / "log").write_text("irnet: no space is left\n", encoding="utf-8")
    found = runs.status("death-1")
    assert not found.active
    assert found.sentence == "Stopped: 0 of 2 runs ended, 0 % of the work. no space is left"


def test_a_run_that_waits_sees_its_place(own: Path) -> None:
    made(own / "death-1", sweep())
    (own / ".queue" / "tickets").mkdir(parents=True)
    with ExitStack() as stack:
        for number, name in enumerate(("race-8", "race-9", "death-1")):
            ticket = stack.enter_context((own / ".queue/tickets" / f"{number:020}").open("w"))
            ticket.write(str((own / name).resolve()))
            ticket.flush()
            fcntl.flock(ticket, fcntl.LOCK_EX)
        found = runs.status("death-1")
    assert found.active
    assert found.sentence == "Waiting: 1 before it in the queue, 1 at once on this server"


@pytest.mark.usefixtures("own")
def test_the_form_of_a_map_is_shut_once_a_run_has_begun(begun: list[dict[str, Any]]) -> None:
    app = opened("death", new=True)
    app.button(key="death.own.start").click().run()
    assert len(begun) == 1
    assert [button.key for button in app.button if button.key == "death.own.start"] == []
    assert not app.session_state[FORM]


def test_the_time_of_a_first_run_is_called_a_guess_and_that_of_the_next_is_not(trained: Path, own: Path) -> None:
    wanted = race(BASE, [name for pair in PAIRS for name in pair], (0,))
    runs._earlier.clear()
    first = runs.estimate(wanted)
    assert first.endswith(" s, a guess, until a run has shown how fast this machine is")
    assert " to " in first
    shutil.copytree(trained / "race-1", own / "race-1")
    runs._earlier.clear()
    again = runs.estimate(wanted)
    assert again.startswith("about ")
    assert again.endswith(", going by earlier runs here")
    runs._earlier.clear()


def test_a_run_shows_how_far_it_is_and_is_paused_and_stopped(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = made(own / "death-1", sweep())
    half = runs.Status(state="running", done=0.5, sentence="Running: 1 of 2 runs ended")
    monkeypatch.setattr(runs, "status", lambda _name: half)
    monkeypatch.setattr(runs, "note_reader", lambda _name: None)
    app = opened("death", death="death-1")
    assert [(bar.proto.value, bar.proto.text) for bar in app.get("progress")] == [(50, half.sentence)]
    for label, word in (("Pause", "pause"), ("Stop", "stop")):
        next(button for button in app.button if button.label == label).click().run()
        assert last_word(place) == word


ASKED = {
    "dropout": 0.5,
    "augment": False,
    "decay": 0.5,
    "decay_epochs": 3.0,
    "warm_up": 2,
    "warm_up_rate": 0.001,
    "evaluate_every": 4,
    "precision": "bfloat16",
    "channels_last": True,
    "held_out": 32,
    "epoch": 64,
    "noise": 0.25,
    "classes": 5,
    "depth": 2,
}


def widgets(app: AppTest, page: str) -> dict[str, Any]:
    """Everything in the form of a page, by the name of its setting."""
    of = [*app.number_input, *app.selectbox, *app.toggle]
    return {w.key.removeprefix(f"{page}.").removesuffix(".rmsprop"): w for w in of if w.key.startswith(f"{page}.")}


def high(asked: Field) -> float | None:
    bounds = asked.about.limits
    return asked.about.most or (bounds.high if bounds else None)


@pytest.mark.usefixtures("own")
def test_a_race_offers_every_setting_with_its_limits_and_help() -> None:
    found = widgets(opened("race", new=True), "race")
    assert set(SETTINGS) <= set(found)
    for name, asked in SETTINGS.items():
        assert found[name].label == asked.about.label
        assert found[name].help == asked.about.help
        if asked.about.limits:
            assert (found[name].min, found[name].max) == (asked.about.limits.low, high(asked))


@pytest.mark.usefixtures("own")
def test_a_map_offers_every_setting_but_those_that_are_its_axes() -> None:
    app = opened("death", "", new=True)
    assert set(SETTINGS) - set(widgets(app, "death")) == {"scale", "rate"}
    app.selectbox(key="death.up").set_value("depth").run()
    assert set(SETTINGS) - set(widgets(app, "death")) == {"scale", "depth"}
    app.selectbox(key="death.panels").set_value("width").run()
    assert set(SETTINGS) - set(widgets(app, "death")) == {"scale", "depth", "width"}
    assert not troubles(app)


@pytest.mark.usefixtures("own")
def test_what_is_set_in_the_form_is_what_starts(begun: list[dict[str, Any]]) -> None:
    address: dict[str, object] = {f"race.{name}": value for name, value in ASKED.items()}
    app = opened("race", "", new=True, **address)
    app.selectbox(key="own.device").set_value("mps").run()
    app.button(key="race.start").click().run()
    assert not troubles(app)
    assert len(begun) == 1
    base = runs.read("race-1")[0].base
    assert {name: value_in(base, name) for name in ASKED} == ASKED
    assert base.device == "mps"
    assert "dropout: 0.5" in next(caption.value for caption in app.caption if caption.value.startswith("images: "))


@pytest.mark.usefixtures("own")
def test_every_optimiser_starts_with_a_rate_of_its_own() -> None:
    app = opened("race", new=True)
    app.selectbox(key="race.optimiser").set_value("adamw").run()
    assert app.number_input(key="race.rate.adamw").value == training.RATES["adamw"]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("page", ["race", "death"])
def test_a_device_without_numbers_trains_nothing_and_says_so(page: str) -> None:
    app = opened(page, "", device="meta", new=True)
    said = "On meta there are shapes and no numbers; training needs one of the other devices."
    assert [error.value for error in app.error] == [said] * 2  # of the run with one button, and of one's own
    app.selectbox(key="own.device").set_value("cpu").run()
    assert not troubles(app)
