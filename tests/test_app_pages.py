"""Every page: its help, every preset, knobs at their limits, what it says where it is empty or its address is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import cycle
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from app import text
from app.bar import PLACES, VIEWS
from app.help import HELP
from app.server import roots
from irnet.lessons import LESSONS, lesson_named
from irnet.models import PRESETS, title
from irnet.models.errata import ERRATA
from irnet.provenance.erratum_checks import refutation
from tests.apps import LIVE, PAGES, ROOT, SMALL, STRUCTURAL, at_limit, opened, sample, sized, troubles

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
ENDS = ("low", "high")
TABS = ("Names side by side", "Numbered deviations", "Ledger of numbers")
VISITS = [*zip(PAGES, cycle(PRESETS), strict=False)]  # every page, and every preset, once
EVERY = [(page, preset) for page in (*STRUCTURAL, *LIVE) for preset in PRESETS]


def small(page: str, preset: str, side: int = SMALL) -> dict[str, object]:
    """The address of a page that runs a network: of a small one."""
    return sized(preset, side) if page in LIVE else {}


def marked_links(name: str) -> list[str]:
    """What the bar of a page marks: its place, and the page where the place has several."""
    place = next(place for place in PLACES if VIEWS[name] in place.views)
    return [f"**{words}**" for words in (place.title, VIEWS[name].title)[: min(2, len(place.views))]]


@pytest.mark.parametrize(("name", "preset"), sample(dict.fromkeys((*VISITS, *EVERY)), *VISITS))
def test_a_page_shows_a_preset_and_its_help_and_no_link_leads_to_itself(name: str, preset: str) -> None:
    app = opened(name, preset, **small(name, preset))
    assert not troubles(app)
    assert app.title
    assert name not in LIVE or title(preset) in app.title[0].value
    assert HELP[name].words in [one.value for one in app.markdown]
    links = [link.proto for link in app.get("page_link")]
    assert [link.label for link in links if link.label.startswith("**")] == marked_links(name)
    links = [link for link in links if not link.label.startswith("**")]
    assert [link.label for link in links if link.page.rpartition("/")[2] == name] == []
    asked = [parse_qs(link.query_string) for link in links if link.label.startswith("Lesson: ")]
    assert asked == ([] if name == "learn" else [{"lesson": [HELP[name].lesson]}])  # there a button does it


def test_every_preset_is_among_the_visits() -> None:
    assert {preset for _, preset in VISITS} == set(PRESETS)


def test_the_help_of_every_page_has_a_few_sentences_and_a_lesson() -> None:
    assert sorted(HELP) == sorted(PAGES)
    for told in HELP.values():
        assert 1 <= len(re.findall(r"[.?!](?=\s|$)", told.words)) <= 3
        assert told.words.endswith(".")
        assert lesson_named(told.lesson) in LESSONS


def test_the_help_of_learn_opens_its_lesson() -> None:
    app = next(one for one in opened("learn").button if one.label.startswith("Lesson: ")).click().run()
    assert app.title[0].value == lesson_named(HELP["learn"].lesson).title


def test_structural_pages_and_those_about_training_need_no_torch() -> None:
    script = f"""
import sys
sys.modules["torch"] = None
import app.training
from tests.apps import opened, troubles
for name in {(*STRUCTURAL, "lineage", "race", "death")}:
    app = opened(name, "inception_resnet_v2.tf_slim")
    assert not troubles(app), troubles(app)
    assert app.title
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("preset", sample(PRESETS, V1))
@pytest.mark.parametrize("name", sample(("network", "compare", "provenance")))
def test_a_page_bears_all_knobs_at_their_limits(name: str, preset: str, end: str) -> None:
    app = opened(name, preset, **at_limit(preset, end))
    assert not troubles(app)
    assert "with changes" in " ".join(caption.value for caption in app.caption[:2])


@pytest.mark.parametrize("preset", sample(PRESETS, V4))
@pytest.mark.parametrize("name", sample(LIVE, "activations"))
def test_a_page_that_runs_bears_all_knobs_at_their_lowest(name: str, preset: str) -> None:
    assert not troubles(opened(name, preset, **sized(preset), **at_limit(preset, "low")))


@pytest.mark.parametrize("name", sample(LIVE, "block"))
def test_a_page_that_runs_bears_knobs_at_their_highest_or_says_that_the_network_is_too_large(name: str) -> None:
    highest = dict(at_limit(V1, "high"))
    app = opened(name, V1, **sized(V1), **highest)
    assert not app.exception
    assert "parameters; it is drawn and counted on the other pages" in app.error[0].value
    del highest[f"{V1}.width"]
    assert not troubles(opened(name, V1, **sized(V1), **highest | {f"{V1}.depth": 1}))


@pytest.mark.parametrize("side", [1, 4096])
@pytest.mark.parametrize("name", sample(("network", "compare", "cost", "activations", "maps"), "network", "cost"))
def test_the_smallest_and_largest_input_end_in_a_picture_or_a_sentence(name: str, side: int) -> None:
    app = opened(name, V4, **sized(V4, side))
    assert not app.exception
    refused = side == 1 or name in LIVE
    assert [str(side) in error.value for error in app.error] == [True] * refused


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(("preset", "end"), sample([(p, end) for p in PRESETS for end in ("", *ENDS)], (V1, "low")))
def test_every_tab_of_the_provenance_page_shows_every_preset(preset: str, end: str, tab: str) -> None:
    app = opened("provenance", preset, provenance=tab, **(at_limit(preset, end) if end else {}))
    assert not troubles(app)
    assert tab != TABS[2] or not end or "(" in str(app.table[0].value.to_numpy()[0][0])
    assert app.table


EMPTY: dict[str, tuple[str, dict[str, object], str]] = {
    "no box is chosen": ("network", {}, text.EMPTY_BOX),
    "no place is chosen": ("compare", {}, text.EMPTY_PLACE),
    "nothing differs": ("compare", {"with": V1, "compare": "What differs"}, text.NOTHING_DIFFERS),
    "no figure is found": ("figures", {"figure.find": "figure 99"}, text.NO_FIGURE),
    "no module is found": ("cost", {"find": "nothing"}, text.NO_MODULE),
    "no weights, no classes": ("activations", {"plot": "Classes"}, text.NO_CLASSES),
    "no checkpoint is offered": ("activations", {"weights": True}, text.NO_FOLDER.format(roots.WEIGHTS)),
    "no sum in this network": ("activations", {"plot": "Batch norm on the sums", "preset": V4}, text.NO_SUMS),
    "no scale in this network": ("activations", {"plot": "Five scales", "preset": V4}, text.NO_SUMS),
    "no residual block": ("block", {"preset": V4}, text.NO_BLOCK),
    "no race": ("race", {}, text.FINISHED),
    "no map": ("death", {}, text.FINISHED),
    "no map in the list": ("death", {}, text.NO_RUN_YET),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_page_says_what_to_do(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(roots.RUNS, str(tmp_path))
    monkeypatch.delenv(roots.WEIGHTS, raising=False)
    page, address, told = EMPTY[name]
    preset = str(address.get("preset", V1))
    app = opened(page, preset, **small(page, preset), **{key: one for key, one in address.items() if key != "preset"})
    assert not app.exception
    assert told in [one.value for one in (*app.caption, *app.info)]


EDITED = f"{V4}.edits"
BAD: list[tuple[str, dict[str, object], str]] = [  # a page, a part of its address that can't be, and what is said
    ("network", {"model": "inception_v5"}, "'inception_v5'"),
    ("network", {f"{V1}.a": "99"}, "a=99 is outside 0 to 20"),
    ("network", {f"{V1}.scale_b": "much"}, "scale_b=much is not a number"),
    ("network", {"erratum": "E99"}, "no erratum is called 'E99'"),
    ("network", {f"{V1}.input_height": "9999"}, "input_size=9999 is outside 1 to 4096"),
    (
        "network",
        {"turned": "block_q,<b>,block_b"},
        "turned 'block_q', '\\<b\\>', which is not there; near ones are block_c",
    ),
    ("network", {"level": "atoms"}, "level 'atoms', which is not there; it can be stages, branches, steps, units"),
    ("network", {"flow": "up"}, "flow 'up', which is not there; it can be down, right"),
    ("network", {"box": "block_q"}, "has no box 'block_q'; near ones: block_c"),
    ("network", {"stage": "block_q"}, "stage 'block_q', which is not there"),
    ("compare", {"with": "foo"}, "with 'foo', which is not there; "),
    ("compare", {"compare": "Sheep"}, "compare 'Sheep', which is not there; it can be Drawings, What differs"),
    ("compare", {"edited": "inception_v5"}, "no network is called 'inception_v5'"),
    ("compare", {"opened": "0/block_q"}, "opened '0/block_q', which is not there"),
    ("provenance", {"provenance": TABS[2], "count": "sheep"}, "count 'sheep', which is not there"),
    ("figures", {"figure": "figure_99"}, "figure 'figure_99', which is not there; near ones are figure_"),
    ("labs", {"lab": "Sheep"}, "lab 'Sheep', which is not there; it can be Factorise, Reduce the grid"),
    ("labs", {"lab": "Three sizes", "sizes.object": "dog"}, "sizes.object 'dog', which is not there"),
    ("block", {"block": "block_z.1"}, "block 'block_z.1', which is not there"),
    ("maps", {"box": "block_q"}, "has no box 'block_q'"),
    ("learn", {"lesson": "tuor"}, "tuor"),
    ("learn", {"shared": "AAAA"}, ""),
    ("learn", {"shared": "<b>"}, ""),
    ("learn", {"lesson": "tour", "step": 99}, "99"),
    ("learn", {"lesson": "tour", "box": "x"}, "'x'"),
    ("edit", {"model": V4, EDITED: "nonsense"}, "The edits can't be read: 'nonsense' does not say a knob"),
    ("edit", {"model": V4, EDITED: "<b>.filters=3"}, "does not say a place"),
]


@pytest.mark.parametrize(("name", "address", "told"), BAD, ids=lambda one: str(one)[:40])
def test_a_bad_part_of_an_address_gets_one_sentence_and_the_page_goes_on(
    name: str, address: dict[str, object], told: str
) -> None:
    app = opened(name, "", **({} if name == "learn" else {"model": V1}) | small(name, V1) | address)
    assert [told in warning.value for warning in app.warning] == [True]
    assert not app.exception
    assert not app.error
    assert app.title


@pytest.mark.parametrize("id_", sample(ERRATA, "E4"))
def test_the_errata_page_shows_every_erratum(id_: str) -> None:
    app = opened("errata", erratum=id_)
    assert not troubles(app)
    assert ERRATA[id_].printed in str(app.table[0].value.to_numpy())
    ways = {step.reading for step in refutation(id_)}
    assert len(app.table) == 1 + len(ways)
    assert {way for way in ways if way} <= {header.value for header in app.subheader}


def test_networks_to_compare_with_have_the_names_people_say_and_an_address_names_their_presets() -> None:
    app = opened("compare", V2, **{"with": [V1, "inception_v4.tf_slim"]})
    field = app.multiselect(key="own.with")
    assert field.value == [V1, "inception_v4.tf_slim"]
    assert set(field.options) == set(map(title, PRESETS))
    assert app.title[0].value == " and ".join(map(title, (V2, V1, "inception_v4.tf_slim")))
    field.set_value([V4]).run()
    assert app.query_params["with"] in (V4, [V4])
    assert not troubles(app)


def test_settings_draw_nothing_until_they_are_opened_and_the_address_says_what_they_are() -> None:
    app = opened("maps", V1, **sized(V1), norm="running", seed=3)
    assert any("seed 3**; running statistics" in caption.value for caption in app.caption)
    assert not [one for one in app.number_input if one.key == "own.seed"]
    app.session_state["settings"] = True
    app.run()
    app.number_input(key="own.seed").set_value(4).run()
    assert any("seed 4**; running statistics" in caption.value for caption in app.caption)
    assert app.query_params["seed"] in ("4", ["4"])
    assert not troubles(app)


def test_an_older_address_that_has_a_name_instead_of_what_it_names_still_opens() -> None:
    app = opened("network", V1, stage="Whole network")
    app.run()
    assert app.selectbox(key="own.stage").value == "all"
    assert app.query_params["stage"] in ("all", ["all"])
    assert not troubles(app)
