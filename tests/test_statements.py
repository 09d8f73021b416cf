"""What sentences state in numbers and comparisons is held: to a formula, a test or a source that is named."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest

from irnet.comparison.examples import READY
from irnet.lessons import LESSONS, lesson_named
from irnet.lessons.value import Lesson
from irnet.models import network
from irnet.models.errata import ERRATA, EVIDENCE
from irnet.provenance.counts import published_counts
from irnet.provenance.erratum_checks import Step, refutation
from irnet.provenance.explanations import claims
from irnet.provenance.published import CURVES_SOURCE, SLIPS, TABLES, Result, curves
from irnet.provenance.quantities import holds, network_of
from irnet.provenance.sources import deviations
from tests.apps import ROOT
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
    ("tour", 8, "between 0.1 and 0.3", "between 0.1 and 0.4"),
    ("factorised", 2, "arXiv 1512.00567", "arXiv 1512.00568"),
    ("v1-against-v2", 0, "the wider of", "the narrower of"),
    ("macs-are-not-flops", 1, "about half the work", "about a third of the work"),
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


FILE = ROOT / "docs" / "claims.md"
INTRODUCTION = """# Claims and their evidence

Generated by `pytest --update-golden tests/test_statements.py` from `tests/statements.py`, the errata, the deviations
and the ledger; a test holds it up to date. Four words say how a claim is known:

- **computed**: from the networks or from printed numbers, each time the tests run;
- **run**: a test runs the code that it speaks of;
- **read**: in the paper or in somebody's code, at the place and version that is named;
- **unverified**: nothing of these."""


def claims_page() -> str:
    """The whole page as Markdown."""
    return "\n\n".join((INTRODUCTION, *_sections())) + "\n"


def _sections() -> Iterator[str]:
    yield _section(
        "What sentences say",
        ("where", "words", "basis", "evidence"),
        ((_where(one.words), one.words, one.basis, one.evidence) for one in STATEMENTS),
    )
    yield _section(
        "Errata",
        ("erratum", "where", "printed, and what is built", "basis", "evidence"),
        (
            (id_, one.where, f"{one.printed}; here: {one.used}", one.basis, _evidence(id_, one.certainty))
            for id_, one in ERRATA.items()
        ),
    )
    yield _section(
        "Deviations of the releases",
        ("deviation", "what", "the paper", "basis", "why it matters", "basis of that"),
        ((one["id"], one["what"], one["paper"], one["basis"], one["why"], one["why basis"]) for one in deviations()),
    )
    yield _section(
        "Published counts",
        ("network", "count", "basis", "evidence"),
        (
            (found.count.preset, found.count.title, "computed", f"{found.verdict}; printed in {found.count.printed_in}")
            for name in dict.fromkeys(count.preset for count in published_counts())
            for found in claims(network(name))
        ),
    )
    yield _section(
        "Published results",
        ("what", "value", "basis", "evidence"),
        (
            *(
                (f"{one.model}, {one.protocol}", _errors(one), "read", table.cited)
                for table in TABLES.values()
                for one in table.results
            ),
            *((f"all of {id_}", table.note, "read", table.cited) for id_, table in TABLES.items()),
            *((one.where, f"{one.printed}; instead: {one.instead}", "read", one.why) for one in SLIPS),
            *((one.figure, one.shows, "read", CURVES_SOURCE) for one in curves()),
        ),
    )


def _errors(one: Result) -> str:
    """The errors of a result that are printed."""
    found = (("top-1", one.top1), ("top-5", one.top5))
    return ", ".join(f"{error} % {name}" for name, error in found if error is not None)


def _where(words: str) -> str:
    """The texts that the words stand in."""
    return ", ".join(dict.fromkeys(text.where for text in texts() if words in text.words))


def _evidence(id_: str, certainty: str) -> str:
    """How certain an erratum is, its calculation, and what releases do."""
    return "; ".join((certainty, *map(_line, refutation(id_)), EVIDENCE[id_].released))


def _line(step: Step) -> str:
    return f"{step.label}: {step.expression} gives {step.result}"


def _section(title: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A heading, how many claims on which basis there are, and a table."""
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    counts = Counter(line[columns.index("basis")] for line in lines)
    told = ", ".join(f"{number} {basis}" for basis, number in counts.most_common())
    table = ("| " + " | ".join(cells) + " |" for cells in (list(columns), ["---"] * len(columns), *lines))
    return f"## {title}\n\n{told[0].upper()}{told[1:]}.\n\n" + "\n".join(table)


def test_the_page_of_claims_is_up_to_date(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        FILE.write_text(claims_page(), encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == claims_page(), "run pytest --update-golden tests/test_statements.py"
