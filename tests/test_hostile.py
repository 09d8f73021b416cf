"""Hostile input at every entry point: a valid view or one sentence, within stated time and memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from enum import Enum
from functools import cache
from io import StringIO
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import state
from app.drawings import beside_svg, svg
from app.server.roots import RUNS
from benchmarks.fuzz import CORPUS, harmless, readers
from irnet.cli import application, main
from irnet.edit import network_of_label
from irnet.edit.document import load
from irnet.edit.history import history
from irnet.lessons.form import read_lesson, unpack
from irnet.models import PRESETS, edit_recipe
from irnet.models.recipe import parse_knob
from irnet.tree import resolve
from tests import hostile
from tests.apps import LIVE, PAGES, opened, sample, sized
from tests.training.small import made, sweep

ENOUGH = 10_000
# Below the folder in which they run: a test that is run by the superuser must not write elsewhere.
FILES = st.sampled_from(["", ".", "out", "out.npz", "out.png", "out/deep/er", "missing.pt", "\0", "a" * 300, "run"])
SMALL_NETWORK = tuple(f"--set={knob}" for knob in ("a=1", "b=1", "c=1", "width=0.125", "input_size=139"))
INTEGERS = st.sampled_from(["1", "2", "0", "-1", "", "1e9", "nan", "٣", "0x10", "1_0", "9" * 5000])
FLOATS = st.sampled_from(["0.5", "1", "0", "-1", "", "1e999", "nan", "-inf", "0,5", "9" * 400])
DEVICES = st.sampled_from(["cpu", "meta", "cuda:9", "tpu"]) | hostile.NOISE
KNOWN = st.sampled_from(
    (
        *("torch", "he", "batch", "running", "mean_abs", "gradient", "output", "svg", "csv", "json", "coffee", "x"),
        *("figure_17", "table.networks", "1,2", "scale=0.1,1", "width=1", "local", "dask", "column", "light,dark"),
    )
)
BY_NAME: Mapping[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("name", "names", "networks", "wanted"), hostile.NAMES | hostile.LABELS),
    **dict.fromkeys(("knobs", "changes"), hostile.EDITS | hostile.NOISE),
    "path": hostile.WHERE,
    "device": DEVICES,
    "given": FILES,
    "file": FILES,
}


def verbs(group: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb by its words."""
    found: Any = group or typer.main.get_command(application())
    for name, command in found.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, (*before, name))
        else:
            yield (*before, name), command


def values(parameter: Any) -> st.SearchStrategy[str]:
    """What one of a verb's parameters may be given: what it takes, and what it does not."""
    annotation = parameter.type_descriptor.annotation
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name]
    if annotation is Path:
        return FILES
    if annotation in (int, float):
        return INTEGERS if annotation is int else FLOATS
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation)) | hostile.NOISE
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from([str(member.value) for member in annotation]) | hostile.NOISE
    return KNOWN | hostile.NOISE


VERBS: Mapping[str, Any] = {" ".join(words): command for words, command in verbs()}


@st.composite
def commands(draw: st.DrawFn, verb: str) -> list[str]:
    """A verb, its arguments or fewer, and some of its options; networks are small, so that what is valid is quick."""
    command = VERBS[verb]
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    options = [one for one in command.params if one not in arguments]
    said = [draw(values(one)) for one in arguments[: draw(st.integers(max(0, len(arguments) - 1), len(arguments)))]]
    if draw(st.booleans()) and arguments and arguments[0].name == "name":
        said[:1] = [draw(st.sampled_from([name for name in PRESETS if "resnet" in name]))]
    if draw(st.integers(0, 3)):
        options = [one for one in options if one.required or draw(st.integers(0, len(options))) < 3]
    words = [word for one in options for word in _said(draw, one)]
    small = SMALL_NETWORK if any(one.name == "knobs" for one in command.params) else ()
    return [*verb.split(), *small, *(f" {word}" if word.startswith("-") else word for word in said), *words]


def _said(draw: st.DrawFn, option: Any) -> Sequence[str]:
    name = draw(st.sampled_from(option.opts))
    return [name] if option.is_flag else [f"{name}={draw(values(option))}"]


def unfinished_run(folder: Path) -> None:
    """A folder with a race in it that nobody ran, for the verbs about runs."""
    made(folder / "run", sweep())
    (folder / "out.npz").write_text(json.dumps({"not": "an archive"}))


MODEL = "inception_resnet_v1.paper"
# Parameters that no control has: of boxes, comparisons, lessons and runs.
OTHERS = ("turned", "from", "with", "edited", "place", "opened", "lesson", "shared", "step", "present", "all", "block")


def small(page: str) -> dict[str, object]:
    """The address of a page that runs a network: of a small one."""
    knobs = sized(MODEL) | {f"{MODEL}.{knob}": 1 for knob in "abc"}
    return {"model": MODEL} | (knobs if page in LIVE else {})


def _inside(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _inside(child)


@cache
def parameters(page: str) -> Mapping[str, tuple[str, ...]]:
    """Every parameter that a control of the page is bound to, and its options, if it has some."""
    shown = opened(page, "", **small(page))
    found: dict[str, tuple[str, ...]] = {}
    for node in _inside(shown._tree):
        if key := getattr(getattr(node, "proto", None), "query_param_key", ""):
            options = getattr(node.proto, "options", ())
            found[key] = tuple(str(getattr(option, "content", option)) for option in options)
    return found


@st.composite
def addresses(draw: st.DrawFn, page: str) -> dict[str, str]:
    """Some of the page's parameters with values that they take, or do not."""
    known = parameters(page)
    free = [key for key in known if page not in LIVE or not key.startswith(MODEL)]  # large inputs take their time
    keys = draw(st.lists(st.sampled_from([*free, *OTHERS]), min_size=1, max_size=5, unique=True))
    return {key: draw(_values(known.get(key, ()))) for key in keys if page not in LIVE or key != "model"}


def _values(options: tuple[str, ...]) -> st.SearchStrategy[str]:
    strange = hostile.NOISE | hostile.NUMBERS | hostile.WHERE | hostile.LABELS | hostile.NOISE.map(hostile.word)
    return (st.sampled_from(options) | strange if options else strange).map(
        lambda told: re.sub(r"[\udc80-\udcff]", "?", told)
    )


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


PART = pytest.mark.parametrize("part", sample((30, 1)))  # how many times fewer cases there are


@PART
@pytest.mark.parametrize("name", JOBS)
def test_hostile_input_ends_in_a_view_or_one_sentence(name: str, part: int) -> None:
    every, strategy, job = JOBS[name]

    @settings(settings.get_profile("hostile"), max_examples=every // part)
    @given(strategy)
    def run(given: Any) -> None:
        hostile.refused_or_done(job, given)

    run()


@pytest.fixture(scope="module")
def imported() -> None:
    """What running a network imports is no case's."""
    with redirect_stdout(StringIO()):
        assert main(["cost", "inception_resnet_v1", *SMALL_NETWORK]) == 0


@PART
@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("verb", [*VERBS, "none"])
def test_a_hostile_command_ends_in_output_or_one_sentence(
    verb: str,
    part: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    unfinished_run(tmp_path)
    for place in TOO_LONG:
        monkeypatch.setattr(place, left_out)

    @settings(settings.get_profile("hostile"), max_examples=COMMAND_CASES if part == 1 else 2)
    @given(commands(verb) if verb in VERBS else NO_COMMANDS)
    def run(words: list[str]) -> None:
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


@pytest.mark.parametrize("name", sample(PAGES, "compare", "learn"))
def test_a_page_with_a_hostile_address_shows_no_traceback(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUNS, str(tmp_path))
    assert parameters("compare")
    parameters(name)  # what it imports is no case's

    @settings(settings.get_profile("hostile"), max_examples=PAGE_CASES)
    @given(addresses(name))
    def run(address: dict[str, str]) -> None:
        with hostile.bounded(PAGE_SECONDS, PAGE_MEMORY):
            page = opened(name, "", **small(name) | address)
        assert not page.exception
        for told in (*page.error, *page.warning):
            hostile.sentence(told.value)

    run()


def test_the_corpus_of_the_fuzzer_is_read_or_refused() -> None:
    files = sorted(CORPUS.glob("*/*"))
    assert files
    assert [file.name for file in files if not harmless(readers()[file.parent.name], file.read_bytes())] == []


def test_the_cases_are_ten_thousand_or_more() -> None:
    assert sum(count for count, _, _ in JOBS.values()) >= ENOUGH  # beside those of verbs and pages


def test_a_case_that_takes_too_much_is_seen() -> None:
    with pytest.raises(AssertionError), hostile.bounded(megabytes=64):
        bytearray(400 << 20)  # more than what the process may give back meanwhile
    with pytest.raises(AssertionError), hostile.bounded(seconds=0.01):
        sleep(0.05)
