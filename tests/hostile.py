"""Strangers' input as hypothesis strategies, and what every piece of it has to end in."""

from __future__ import annotations

import json
import resource
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from zlib import compress

from hypothesis import strategies as st

from irnet.lessons import LESSONS
from irnet.lessons.form import document, markdown
from irnet.models import PRESETS, network
from irnet.models.recipe import limits
from irnet.tree import resolve

LONGEST = 900  # characters of a sentence; the one with all names of presets has 300
SLOWEST = 4.0  # seconds that one piece of input may take on a loaded machine
LARGEST = 128.0  # MB of memory that it may take beyond what the process had
Job = Callable[[Any], object]

PATHS = sorted({row.path for name in PRESETS for row in resolve(network(name)).rows})[::40]
KNOBS = sorted({knob for recipe in PRESETS.values() for knob in limits(recipe)})
NOISE = st.text(max_size=40) | st.sampled_from(
    ["", "\0", "a\nb", "../../etc/passwd", "<script>alert(1)</script>", "'; DROP", "$(id)", "{{x}}", "%s%n", "\udcff"]
)
NUMBERS = st.one_of(
    st.integers(-5, 10_000).map(str),
    st.floats().map(str),
    st.sampled_from(["", "1e999", "-0", "1_0", "٣", "0x10", "9" * 5000, "nan", "1x7", "7x", "299x299x3", "1e-400"]),
)
NAMES = st.sampled_from([*PRESETS, "inception_v4", "inception_v5", "inception_resnet_v2"]) | NOISE
WHERE = st.sampled_from(["", "stem", *PATHS]) | NOISE
WHAT = st.sampled_from(["filters", "kernel", "split", "join", "repeat", "scale", "stem", *KNOBS]) | NOISE
EDITS = st.builds(
    lambda where, what, value: f"{where}.{what}={value}" if where else f"{what}={value}", WHERE, WHAT, NUMBERS | NAMES
)
EDIT_TEXTS = st.lists(EDITS | NOISE, max_size=5).map(", ".join)
LABELS = st.builds(lambda name, edits: f"{name} ({edits})", NAMES, EDIT_TEXTS) | NAMES
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NOISE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NOISE, inner, max_size=4),
    max_leaves=8,
)
EDIT_DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "format": st.just("irnet.edits.1") | JSON,
        "network": NAMES | JSON,
        "edits": st.lists(EDITS | NOISE, max_size=4) | JSON,
        "more": JSON,
    },
).map(json.dumps)
READY = [json.loads(document(lesson)) for lesson in LESSONS]
MARKDOWN = st.sampled_from([markdown(lesson) for lesson in LESSONS])


def _places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as keys from the outside in."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(place for key, part in inside for place in _places(part, (*before, key)))]


@st.composite
def lesson_documents(draw: st.DrawFn) -> str:
    """A ready lesson with a few of its values replaced by something else."""
    found = json.loads(json.dumps(draw(st.sampled_from(READY))))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(_places(found)[1:]))
        inside = found
        for key in way:
            inside = inside[key]
        inside[last] = draw(JSON | LABELS | st.sampled_from(PATHS) | st.just("{channels stem}"))
    return json.dumps(found)


def word(text: str) -> str:
    """A text as the address carries lessons."""
    return urlsafe_b64encode(compress(text.encode("utf-8", "surrogatepass"))).decode().rstrip("=")


@st.composite
def damaged(draw: st.DrawFn, wholes: st.SearchStrategy[str]) -> bytes:
    """A text as bytes, with some of them changed, and cut off somewhere."""
    made = bytearray(draw(wholes).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 4)) if made else 0):
        made[draw(st.integers(0, len(made) - 1))] = draw(st.integers(0, 255))
    return bytes(made[: draw(st.integers(0, len(made)))] if draw(st.booleans()) else made)


def sentence(told: str) -> None:
    """Hold a refusal against what a reader can take: one line, not long, nothing that can't be printed."""
    assert told
    assert "\n" not in told, told
    assert len(told) <= LONGEST, f"{len(told)} characters: {told[:200]}"
    assert told.isprintable(), ascii(told)


def refused_or_done(job: Job, given: Any) -> None:
    """Run a job: it ends well or in the error with one sentence that pages and verbs show, and within the bounds."""
    told: Exception | None = None
    with bounded():
        try:
            job(given)
        except (ValueError, KeyError) as error:
            told = error
    if told is not None:
        assert type(told) in (ValueError, KeyError) or type(told).__module__.startswith("irnet."), repr(told)
        sentence(str(told.args[0]))


@contextmanager
def bounded(seconds: float = SLOWEST, megabytes: float = LARGEST) -> Iterator[None]:
    """Hold the block against bounds of time, and of memory beyond what the process had before."""
    before, began = _peak(anew=True), perf_counter()
    yield
    took, more = perf_counter() - began, (_peak() - before) / 1024
    assert took < seconds
    assert more < megabytes


def _peak(*, anew: bool = False) -> int:
    """The most kilobytes that this process ever had in memory; or, counted anew, has now. Linux alone counts anew."""
    if not Path("/proc/self/clear_refs").exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if anew:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return int(Path("/proc/self/status").read_text(encoding="ascii").partition("VmHWM:")[2].split()[0])
