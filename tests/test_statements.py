"""What sentences state in numbers and comparisons is held: to a formula, a test or a source that is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from irnet.comparison.examples import READY
from irnet.lessons import LESSONS, lesson_named
from irnet.lessons.value import Lesson
from irnet.models.errata import ERRATA
from irnet.provenance.deviations import numbered_deviations
from irnet.provenance.erratum_checks import refutation
from irnet.provenance.quantities import holds, network_of
from tests.apps import ROOT
from tests.claims_page import FILE, page
from tests.statements import PHRASES, STATEMENTS, Statement
from tests.texts import PROGRAM, Place, Text, of_lesson, programs, stated, texts, unknown

VERSION = re.compile(r"\.(?:py|md|csv) of \S+ (?:at [0-9a-f]{7}|v?\d+\.\d+)")


def quoted(text: Text, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where some of the words stand in a text."""
    for one in words:
        yield from ((found.start(), found.end()) for found in re.finditer(re.escape(one), text.words))


def unheld(text: Text, statements: Sequence[Statement] = STATEMENTS) -> list[Place]:
    """The places of a text that no statement and no phrase covers, and no arithmetic of its erratum gives."""
    spans = list(quoted(text, (*(one.words for one in statements), *PHRASES)))
    places = (*stated(text), *programs(text))
    return [one for one in places if not any(a <= one.start and one.end <= b for a, b in spans) and not _own(one)]


def _own(place: Place) -> bool:
    """Whether an erratum's own print or calculation has the number; a calculation that claims something compares."""
    if place.text.where not in ERRATA:
        return False
    erratum, steps = ERRATA[place.text.where], refutation(place.text.where)
    told = " ".join((erratum.printed, erratum.used, *(f"{s.label} {s.expression} {s.result}" for s in steps)))
    if place.word[0].isdigit():
        return place.word in re.findall(r"\d[\d,]*(?:\.\d+)?(?!\d)", told)
    return any(step.holds is not None for step in steps)


def test_every_number_and_comparison_is_produced_or_held() -> None:
    loose = [f"{text.where}: {one.word!r} in {one.sentence!r}" for text in texts() for one in unheld(text)]
    assert loose == [], "put a formula in its place, or a statement with its evidence into tests/statements.py"
    assert [(text.where, found) for text in texts() if (found := unknown(text))] == []


def test_what_is_computed_holds() -> None:
    assert [one.words for one in STATEMENTS if one.check and not holds(one.check, network_of(one.of))] == []


def test_what_is_held_still_stands_somewhere_and_once_in_the_table() -> None:
    words = [*(one.words for one in STATEMENTS), *PHRASES]
    assert [one for one in words if not any(one in text.words for text in texts())] == []
    assert sorted(set(words)) == sorted(words)


def test_a_test_or_a_file_of_this_project_that_is_named_is_there() -> None:
    named = [one.test.partition("::")[::2] for one in STATEMENTS if one.test]
    trees = {file: ast.parse((ROOT / file).read_text(encoding="utf-8")) for file, _ in named}
    tests = {file: {getattr(node, "name", "") for node in tree.body} for file, tree in trees.items()}
    assert [(file, name) for file, name in named if name not in tests[file]] == []
    files = [one.source for one in STATEMENTS if re.fullmatch(r"[\w./]+\.(?:py|md|toml)", one.source)]
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_a_claim_about_somebody_elses_code_names_its_file_and_version() -> None:
    about = " ".join(text.words for text in texts() if any(programs(text)))
    told = [one for one in STATEMENTS if PROGRAM.search(one.words) and one.words in about]
    assert told
    assert [one.words for one in told if not VERSION.search(one.source)] == []


def test_the_readme_counts_what_there_is() -> None:
    assert len(READY) == 10


def changed(lesson: Lesson, step: int, old: str, new: str) -> Lesson:
    """A lesson with other words in the prose of a step."""
    here = lesson.steps[step]
    assert old in here.prose
    steps = list(lesson.steps)
    steps[step] = replace(here, prose=here.prose.replace(old, new))
    return replace(lesson, steps=tuple(steps))


CHANGES = [
    ("tour", 0, "the widest", "the narrowest"),
    ("tour", 0, "three kinds of blocks", "four kinds of blocks"),
    ("tour", 6, "cheaper than", "dearer than"),
    ("tour", 8, "between 0.1 and 0.3", "between 0.1 and 0.4"),
    ("tour", 8, "Figure 20", "Figure 27"),
    ("one-by-one-first", 1, "The longest branch", "The shortest branch"),
    ("factorised", 2, "Strips of 7", "Strips of 5"),
    ("factorised", 2, "arXiv 1512.00567", "arXiv 1512.00568"),
    ("widths-add-up", 2, "prints 2048", "prints 2084"),
    ("batch-norm-and-memory", 2, "fitted on one GPU", "fitted on three GPUs"),
    ("v1-against-v2", 0, "the wider of", "the narrower of"),
    ("macs-are-not-flops", 1, "about half the work", "about a third of the work"),
    ("macs-are-not-flops", 2, "adds two for", "adds three for"),
]


def broken(lesson: Lesson) -> list[str]:
    """What the walk objects to in a changed lesson: places that nothing holds, and statements that it makes no more."""
    before, now = ([*of_lesson(one)] for one in (lesson_named(lesson.id), lesson))
    made = (one.words for one in STATEMENTS if any(one.words in text.words for text in before))
    return [
        *(one.sentence for text in now for one in unheld(text)),
        *(words for words in made if not any(words in text.words for text in now)),
    ]


@pytest.mark.parametrize(("id_", "step", "old", "new"), CHANGES)
def test_a_number_that_is_changed_and_a_comparison_that_is_turned_round_are_noticed(
    id_: str, step: int, old: str, new: str
) -> None:
    lesson = lesson_named(id_)
    assert broken(lesson) == []
    assert broken(changed(lesson, step, old, new))


def test_any_number_that_is_typed_in_a_lesson_can_not_be_another() -> None:
    noticed = []
    for lesson in LESSONS:
        for i, step in enumerate(lesson.steps):
            bare = re.sub(r"\{[^{}]*\}|\]\([^)]*\)", "", step.prose)
            for number in dict.fromkeys(re.findall(r"(?<![\w.\-/=])\d+(?:\.\d+)*(?!\w)", bare)):
                other = number[:-1] + str((int(number[-1]) + 3) % 10)
                prose = re.sub(rf"(?<![\w.\-/=]){re.escape(number)}(?!\w)", other, step.prose)
                steps = (*lesson.steps[:i], replace(step, prose=prose), *lesson.steps[i + 1 :])
                noticed.append((lesson.id, i, number, bool(broken(replace(lesson, steps=steps)))))
    assert len(noticed) > 20
    assert [place for *place, seen in noticed if not seen] == []


def test_a_comparison_without_evidence_is_told_from_one_with_it() -> None:
    text = Text("lesson x", "Inception-v4 has more parameters than 7 others, and {knob a} blocks.")
    assert [place.word for place in unheld(text)] == ["more", "7"]
    assert unheld(text, (Statement(text.words),)) == []


def test_the_strongest_evidence_is_the_basis() -> None:
    check, test, source = "1 = 1", "tests/test_x.py::test_y", "a book"
    found = (
        Statement("x", check=check, test=test, source=source),
        Statement("x", test=test, source=source),
        Statement("x", source=source),
        Statement("x"),
    )
    assert [one.basis for one in found] == ["computed", "run", "read", "unverified"]


def test_the_page_of_claims_is_up_to_date(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        FILE.write_text(page(), encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == page(), "run pytest --update-golden tests/test_statements.py"


def test_the_page_of_claims_has_every_statement_erratum_and_deviation() -> None:
    told = page().replace("\\|", "|")
    assert [one.words for one in STATEMENTS if one.words not in told] == []
    assert [id_ for id_ in (*ERRATA, *numbered_deviations()) if f"| {id_} |" not in told] == []
