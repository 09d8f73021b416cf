"""Hostile input at every fast entry point: a valid view or one sentence, each within seconds, 10,000 cases in all."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import state
from app.drawings import beside_svg, svg
from benchmarks.fuzz import CORPUS, harmless, readers
from irnet.cli import main
from irnet.exchange import loaded
from irnet.lessons.form import read_lesson, unpacked
from irnet.models import PRESETS, edited, labelled
from irnet.models.history import history
from irnet.models.recipe import read
from irnet.resolve import resolve
from tests import hostile
from tests.apps import opened

ENOUGH = 10_000


def turned(given: tuple[str, str]) -> None:
    """A recipe with one knob changed, as the app and the command line change it."""
    preset, text = given
    knob, value = read(PRESETS[preset], text)
    edited(preset, {knob: value})


def viewed(given: Mapping[str, str]) -> None:
    """The sentence about every parameter of an address; none may be an error."""
    for key, value in given.items():
        if told := state.refusal(key, value):
            hostile.sentence(told)


def drawing(given: tuple[str, Mapping[str, str]]) -> None:
    """A drawing by its address, or two networks side by side."""
    name, asked = given
    beside_svg(asked) if "n0" in asked else svg(name, asked)


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
        "labels": (2000, hostile.LABELS, lambda label: resolve(labelled(label))),
        "histories": (1500, st.tuples(PRESET, hostile.EDIT_TEXTS), lambda told: history(*told)),
        "recipes": (2200, st.tuples(PRESET, hostile.EDITS | hostile.NOISE), turned),
        "addresses": (1000, ADDRESSES, viewed),
        "drawings": (500, st.tuples(hostile.NAMES, ASKED), drawing),
        "edits as JSON": (700, hostile.EDIT_DOCUMENTS, loaded),
        "damaged edits": (700, hostile.damaged(hostile.EDIT_DOCUMENTS), loaded),
        "lessons": (300, hostile.lesson_documents(), read_lesson),
        "damaged lessons": (500, hostile.damaged(hostile.lesson_documents()), read_lesson),
        "words of lessons": (1000, hostile.NOISE | hostile.NOISE.map(hostile.word), unpacked),
    }
)
LIGHT = ("summary", "provenance", "ledger", "errata", "compare", "code", "receptive-field")
HEAVY = ("cost", "diagram", "activations", "race", "stability", "export", "maps", "block", "weights")
OPTIONS = st.sampled_from(["--set", "--format", "--theme", "--device", "--seed", "--level", "--at", "--help", "-x"])
WORDS = st.lists(OPTIONS | hostile.NAMES | hostile.EDITS | st.just("json"), max_size=4)
COMMANDS = st.builds(lambda verb, words: [verb, *words], st.sampled_from(LIGHT) | hostile.NOISE, WORDS) | st.builds(
    lambda verb, noise, words: [verb, f"no {noise}", *words], st.sampled_from(HEAVY), hostile.NOISE, WORDS
)
COMMAND_CASES, PAGE_CASES = 300, 12
settings.register_profile("hostile", settings.get_profile("irnet"), suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How many cases each entry point got; the sum is printed at the end."""
    found: Counter[str] = Counter()
    yield found
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        sys.stdout.write(f"\n{found.total():,} hostile cases: {dict(found)}\n")


@pytest.mark.parametrize("name", JOBS)
def test_hostile_input_ends_in_a_view_or_one_sentence(name: str, cases: Counter[str]) -> None:
    count, strategy, job = JOBS[name]

    @settings(settings.get_profile("hostile"), max_examples=count)
    @given(strategy)
    def run(given: Any) -> None:
        cases[name] += 1
        hostile.refused_or_done(job, given)

    run()
    assert cases[name] >= count


def test_hostile_commands_end_in_output_or_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cases: Counter[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    @settings(settings.get_profile("hostile"), max_examples=COMMAND_CASES)
    @given(COMMANDS)
    def run(words: list[str]) -> None:
        cases["commands"] += 1
        status = main(words)
        out, err = capsys.readouterr()
        assert status in (0, 1, 2)
        assert "Traceback" not in out + err
        if status == 2:
            assert not out
            assert err.startswith("irnet: ")
            hostile.sentence(err.removesuffix("\n"))

    run()
    assert not list(tmp_path.iterdir())


@settings(settings.get_profile("hostile"), max_examples=PAGE_CASES)
@given(page=st.sampled_from(["network", "compare", "provenance", "learn"]), address=ADDRESSES)
def test_a_page_with_a_hostile_address_shows_no_traceback(page: str, address: dict[str, str]) -> None:
    app = opened(page, **address)
    assert not app.exception
    for told in (*app.error, *app.warning):
        hostile.sentence(told.value)


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*/*")), ids=lambda file: file.name)
def test_the_corpus_of_the_fuzzer_is_read_or_refused(file: Path) -> None:
    assert harmless(readers()[file.parent.name], file.read_bytes())


def test_the_cases_are_ten_thousand_or_more() -> None:
    planned = sum(count for count, _, _ in JOBS.values()) + COMMAND_CASES + PAGE_CASES
    assert planned >= ENOUGH
