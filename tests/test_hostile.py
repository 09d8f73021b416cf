"""Hostile input at every entry point: a valid view or one sentence, within stated time and memory."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import state
from app.drawings import beside_svg, svg
from app.server.roots import RUNS
from benchmarks.fuzz import CORPUS, harmless, readers
from irnet.cli import main
from irnet.edit import network_of_label
from irnet.edit.document import load
from irnet.edit.history import history
from irnet.lessons.form import read_lesson, unpack
from irnet.models import PRESETS, edit_recipe
from irnet.models.recipe import parse_knob
from irnet.tree import resolve
from tests import hostile, hostile_commands, hostile_pages
from tests.apps import opened, sample

ENOUGH = 10_000


def turned(given: tuple[str, str]) -> None:
    """A recipe with one knob changed, as the app and the command line change it."""
    preset, text = given
    knob, value = parse_knob(PRESETS[preset], text)
    edit_recipe(preset, {knob: value})


def viewed(given: Mapping[str, str]) -> None:
    """The sentence about every parameter of an address; none may be an error."""
    for key, value in given.items():
        if told := state.refusal(key, value):
            hostile.sentence(told)


def drawing(given: tuple[str, Mapping[str, str]]) -> None:
    """A drawing by its address, or two networks side by side."""
    name, asked = given
    beside_svg(asked) if "n0" in asked else svg(name, asked)


def left_out(*_: object, **__: object) -> None:
    raise ValueError("left out of the test")


PRESET = st.sampled_from(list(PRESETS))
KEYS = st.sampled_from(["model", "erratum", *(f"{p}.{k}" for p in list(PRESETS)[::3] for k in hostile.KNOBS)])
ADDRESSES = st.dictionaries(KEYS | hostile.NOISE, hostile.NUMBERS | hostile.NAMES, max_size=4)
ASKED = st.fixed_dictionaries(
    {"theme": hostile.NOISE},
    optional=dict.fromkeys(
        ["edits", "stage", "level", "turned", "against", "n0", "n1"], hostile.NOISE | hostile.LABELS
    ),
)
JOBS: Mapping[str, tuple[int, st.SearchStrategy[Any], hostile.Job]] = MappingProxyType(
    {
        "labels": (2000, hostile.LABELS, lambda label: resolve(network_of_label(label)).rows),
        "histories": (1500, st.tuples(PRESET, hostile.EDIT_TEXTS), lambda told: history(*told)),
        "recipes": (2200, st.tuples(PRESET, hostile.EDITS | hostile.NOISE), turned),
        "addresses": (1000, ADDRESSES, viewed),
        "drawings": (500, st.tuples(hostile.NAMES, ASKED), drawing),
        "edits as JSON": (700, hostile.EDIT_DOCUMENTS, load),
        "damaged edits": (700, hostile.damaged(hostile.EDIT_DOCUMENTS), load),
        "lessons": (300, hostile.lesson_documents(), read_lesson),
        "damaged lessons": (500, hostile.damaged(hostile.lesson_documents()), read_lesson),
        "damaged Markdown": (500, hostile.damaged(hostile.MARKDOWN), read_lesson),
        "words of lessons": (1000, hostile.NOISE | hostile.NOISE.map(hostile.word), unpack),
    }
)
OPTIONS = st.sampled_from(["--set", "--format", "--theme", "--device", "--seed", "--level", "--at", "--help", "-x"])
WORDS = st.lists(OPTIONS | hostile.NAMES | hostile.EDITS | st.just("json"), max_size=4)
NO_COMMANDS = st.builds(lambda verb, words: [verb, *words], hostile.NOISE, WORDS)
COMMAND_CASES, PAGE_CASES = 6, 3  # of each verb, and of each page
COMMAND_SECONDS, COMMAND_MEMORY = 20.0, 512.0  # a valid one draws, or runs a small network
PAGE_SECONDS, PAGE_MEMORY = 20.0, 512.0
TOO_LONG = (  # what takes minutes or another machine, even of valid input
    "irnet.training.sweep.start",
    "irnet.cli.pictures.export_all",
    "irnet.cli.pictures.check",
    "irnet.runtime.hub.fetch",
)
settings.register_profile("hostile", settings.get_profile("irnet"), suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How many cases each entry point got; the sum is printed at the end."""
    found: Counter[str] = Counter()
    yield found
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        most = f"at most {hostile.MOST.seconds:.1f} s and {hostile.MOST.megabytes:.0f} MB more memory for one"
        sys.stdout.write(f"\n{found.total():,} hostile cases, {most}: {dict(found)}\n")


PART = pytest.mark.parametrize("part", sample((30, 1)))  # how many times fewer cases there are


@PART
@pytest.mark.parametrize("name", JOBS)
def test_hostile_input_ends_in_a_view_or_one_sentence(name: str, part: int, cases: Counter[str]) -> None:
    every, strategy, job = JOBS[name]
    count = every // part

    @settings(settings.get_profile("hostile"), max_examples=count)
    @given(strategy)
    def run(given: Any) -> None:
        cases[name] += 1
        hostile.refused_or_done(job, given)

    run()
    assert cases[name] >= count


@pytest.fixture(scope="module")
def imported() -> None:
    """What running a network imports is no case's."""
    with redirect_stdout(StringIO()):
        assert main(["cost", "inception_resnet_v1", *hostile_commands.SMALL]) == 0


@PART
@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("verb", [*hostile_commands.VERBS, "none"])
def test_a_hostile_command_ends_in_output_or_one_sentence(
    verb: str,
    part: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    cases: Counter[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    hostile_commands.run(tmp_path)
    for place in TOO_LONG:
        monkeypatch.setattr(place, left_out)

    @settings(settings.get_profile("hostile"), max_examples=COMMAND_CASES if part == 1 else 2)
    @given(hostile_commands.commands(verb) if verb in hostile_commands.VERBS else NO_COMMANDS)
    def run(words: list[str]) -> None:
        cases["commands"] += 1
        with hostile.bounded(COMMAND_SECONDS, COMMAND_MEMORY):
            status = main(words)
        out, err = capsys.readouterr()
        assert status in (0, 1, 2)
        assert "Traceback" not in out + err
        if status == 2:
            assert not out
            assert err.startswith("irnet: ")
            hostile.sentence(err.removesuffix("\n"))

    run()


@pytest.mark.parametrize("name", sample(hostile_pages.PAGES, "compare", "learn"))
def test_a_page_with_a_hostile_address_shows_no_traceback(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: Counter[str]
) -> None:
    monkeypatch.setenv(RUNS, str(tmp_path))
    assert hostile_pages.parameters(name)  # and what it imports is no case's

    @settings(settings.get_profile("hostile"), max_examples=PAGE_CASES)
    @given(hostile_pages.addresses(name))
    def run(address: dict[str, str]) -> None:
        cases["pages"] += 1
        with hostile.bounded(PAGE_SECONDS, PAGE_MEMORY):
            app = opened(name, "", **hostile_pages.small(name) | address)
        assert not app.exception
        for told in (*app.error, *app.warning):
            hostile.sentence(told.value)

    run()


def test_the_corpus_of_the_fuzzer_is_read_or_refused() -> None:
    files = sorted(CORPUS.glob("*/*"))
    assert files
    assert [file.name for file in files if not harmless(readers()[file.parent.name], file.read_bytes())] == []


def test_the_cases_are_ten_thousand_or_more() -> None:
    assert sum(count for count, _, _ in JOBS.values()) >= ENOUGH  # beside those of verbs and pages


def test_a_case_that_takes_too_much_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "MOST", hostile.Most())
    with pytest.raises(AssertionError), hostile.bounded(megabytes=64):
        bytearray(100 << 20)
    with pytest.raises(AssertionError), hostile.bounded(seconds=0.01):
        sleep(0.05)
