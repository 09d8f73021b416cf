"""What a reader is shown in words, piece by piece, and where in it a number, a comparison or a program stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from app.help import HELP
from irnet.comparison.examples import READY
from irnet.lessons import LESSONS
from irnet.lessons.prose import bare
from irnet.lessons.value import Lesson, Step
from irnet.models import PRESETS
from irnet.models.errata import ERRATA, EVIDENCE
from irnet.provenance.deviations import numbered_deviations
from irnet.provenance.lineage import lineage
from irnet.provenance.published import CURVES_SOURCE, TABLE_2_SOURCE, TABLES
from irnet.provenance.quantities import network_of
from irnet.tree import resolve
from tests.apps import ROOT

TYPED = ("app", "irnet/diagrams", "irnet/lab", "irnet/training")  # where sentences are typed where they are shown
EXAMPLES = "irnet/comparison/examples.toml"
FIGURES = r"Fig(?:ures?|s?\.) ({})"
OF_THE_PAPER: Mapping[str, Collection[str]] = {
    FIGURES: [str(number) for number in range(1, 27)],
    r"Tables? ({})": [str(number) for number in range(1, 6)],
    r"[Ss]ections? ({})": ["1", "2", "3", "3.1", "3.2", "3.3", "4", "5", "6"],
}
OTHERS: Mapping[str, Collection[str]] = {  # papers, years, strides
    r"arXiv ({})": sorted({"1602.07261"} | {table.partition(",")[0] for table in TABLES}),
    r"et al\. ({})": ["2015", "2016"],
    r"stride (?:of )?({})": ["1", "2"],
}
_LISTED = r"\d+(?:\.\d+)*(?:(?:, | and | to |, and )\d+(?:\.\d+)*)*"
_NUMERALS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|hundreds?|thousands?"
_FACTORS = r"half|halves|halved|twice|doubled|(?<=\ba )(?:third|quarter)|(?<=two )thirds|\w+fold"
_DEGREES = (
    r"(?<!no )(?:larg|small|wid|narrow|deep|short|long|fast|slow|cheap|dear|high|low|great|few|strong|likeli|near)"
    r"e(?:r|st)"
    r"|(?<!one )(?<!no )(?<!any )more|less|(?<!at )most|(?<!at )least|nearly|almost|as (?:many|much|large|wide|high)"
    r"|same (?:number|figure|cost|counts?|parameters|size|MACs)|equal"
)
_PROGRAMS = "TF-slim|Keras|timm|Cadene|TorchVision|[Ff]acenet(?:-pytorch)?|fvcore|torchinfo|Google"
STATED = re.compile(
    rf"(?<![\w.\-/=_^])\d+(?:,\d{{3}})*(?:\.\d+)?(?!\w|\.\d)|\b(?:{_NUMERALS}|{_FACTORS}|{_DEGREES})\b", re.IGNORECASE
)
COMPARED = re.compile(rf"\b(?:{_DEGREES})\b", re.IGNORECASE)
PROGRAM = re.compile(rf"(?<![\w/])(?:{_PROGRAMS})\b")
_END = re.compile(r"(?<!Fig)(?<!Figs)[.?!:](?=\s)\s*")


@dataclass(frozen=True, slots=True)
class Text:
    """Some words in a row as they are typed, with formulas in braces; markup and code are left out."""

    where: str
    words: str
    refers: Mapping[str, Collection[str]] = field(default_factory=lambda: OF_THE_PAPER)  # to what it may without proof


@dataclass(frozen=True, slots=True)
class Place:
    """A number, a comparison or a program in a text."""

    text: Text
    start: int
    end: int

    @property
    def word(self) -> str:
        """The number, the comparison or the program itself."""
        return self.text.words[self.start : self.end]

    @property
    def sentence(self) -> str:
        """The sentence that it stands in."""
        begins = max((m.end() for m in _END.finditer(self.text.words, 0, self.start)), default=0)
        ends = _END.search(self.text.words, self.end)
        return self.text.words[begins : ends.end() if ends else None].strip()


@cache
def texts() -> tuple[Text, ...]:
    """Every text."""
    found = chain(*map(of_lesson, LESSONS), _helps(), _captions(), _examples(), _provenance(), _readme())
    return tuple(text for text in found if text.words)


def _text(where: str, words: str, refers: Mapping[str, Collection[str]] = OF_THE_PAPER) -> Text:
    return Text(where, " ".join(words.split()), refers)


def of_lesson(lesson: Lesson) -> Iterator[Text]:
    """The texts of one lesson; the choices of a question are left out, as most of them are wrong.

    A step may refer to the figures that its networks come from; other figures, tables and sections want a proof.
    """
    yield from (_text(f"lesson {lesson.id}", words) for words in (lesson.title, lesson.about, *lesson.learnt))
    for i, step in enumerate(lesson.steps, 1):
        sources = [stage.source.ref for label in step.networks for stage in network_of(label).stages]
        shown = {FIGURES: re.findall(r"\d+", " ".join(ref for ref in sources if ref.startswith("Fig")))}
        yield from (_text(f"lesson {lesson.id}, step {i}", bare(words), shown) for words in _of_step(step))


def _of_step(step: Step) -> Iterator[str]:
    yield from (step.title, step.prose, *(note.text for note in step.notes))
    if step.question:
        yield from (step.question.text, step.question.explanation)


def _helps() -> Iterator[Text]:
    return (_text(f"help of {name}", told.words) for name, told in HELP.items())


def _captions() -> Iterator[Text]:
    """Sentences that are typed where they are shown: they begin with a capital and have four words or more."""
    for file in sorted(chain(*((ROOT / folder).rglob("*.py") for folder in TYPED))):
        where = str(file.relative_to(ROOT))
        for words in _typed(ast.parse(file.read_text(encoding="utf-8"))):
            if where != "app/help.py" and len(words.split()) > 3 and re.match(r"[A-Z*\d]", words):
                yield _text(where, re.sub(r"\*\*|`[^`]*`|<[^>]*>|\{[^{}]+\}", "", words))


def _examples() -> Iterator[Text]:
    """What ready comparisons show; a title in small letters only names its networks."""
    return (_text(EXAMPLES, words) for one in READY for words in (one.title, one.shows) if words[0].isupper())


def _typed(tree: ast.Module) -> Iterator[str]:
    """The strings of a module that are no docstrings; what is filled in is an empty pair of braces."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            skipped.add(node.value)
        if isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield node.value


def _provenance() -> Iterator[Text]:
    """Why an erratum is one and a deviation matters; what is printed or released there is a claim of its own."""
    for id_, erratum in ERRATA.items():
        yield from (_text(id_, words) for words in (erratum.why, erratum.certainty, EVIDENCE[id_].released))
    yield from (_text(id_, words) for id_, one in numbered_deviations().items() for words in (one.what, one.why))
    yield from (_text("lineage", words) for step in lineage() for words in (step.idea, step.why))
    yield from (_text("published results", words) for words in (TABLE_2_SOURCE, CURVES_SOURCE))


def _readme() -> Iterator[Text]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pictured = re.findall(r'alt="([^"]*)"', readme)
    prose = re.sub(r"```.*?```|`[^`\n]*`|<[^>]*>|\]\([^)]*\)|https?://\S+", " ", readme, flags=re.DOTALL)
    for words in (*pictured, *re.split(r"\n\s*\n|\n(?=[-|#])", prose)):
        yield _text("README", re.sub(r"[*\[\]|#]", " ", words))


def stated(text: Text) -> Iterator[Place]:
    """The numbers and comparisons of a text that no formula fills in and that are no references.

    What a question compares is not stated: "Which of them is larger?"
    """
    hidden = [*re.finditer(r"\{[^{}]*\}", text.words), *_references(text)]
    for found in STATED.finditer(text.words):
        place = Place(text, found.start(), found.end())
        asked = place.sentence.endswith("?") and COMPARED.fullmatch(place.word)
        if not asked and not any(span.start() <= place.start and place.end <= span.end() for span in hidden):
            yield place


def programs(text: Text) -> Iterator[Place]:
    """Where lessons, captions and helps speak of what others programmed."""
    if text.where.startswith(("lesson", "help", "app/text.py", EXAMPLES)):
        plain = re.sub(r"\{[^{}]*\}", lambda formula: " " * len(formula[0]), text.words)
        yield from (Place(text, found.start(), found.end()) for found in PROGRAM.finditer(plain))


def _references(text: Text) -> Iterator[re.Match[str]]:
    for pattern, known in (*text.refers.items(), *OTHERS.items()):
        for found in re.finditer(rf"\b{pattern.format(_LISTED)}", text.words):
            if set(re.findall(r"\d+(?:\.\d+)*", found[1])) <= set(known):
                yield found


@cache
def windows_and_grids() -> frozenset[str]:
    """Every "3x3", "1x7" and "35x35" of the presets and of the networks in lessons."""
    labels = {*PRESETS, *(label for lesson in LESSONS for step in lesson.steps for label in step.networks)}
    rows = [row for label in labels for row in resolve(network_of(label)).rows]
    windows = chain.from_iterable(re.findall(r"\d+x\d+", row.notation) for row in rows)
    grids = (f"{height}x{width}" for row in rows for _, height, width in (row.in_shape, row.out_shape))
    return frozenset((*windows, *grids))


def unknown(text: Text) -> set[str]:
    """The windows and grids of a text that no network has, and the errata and deviations that there are not."""
    sizes = set(re.findall(r"(?<![\w.])\d+x\d+(?!\w)", text.words)) - windows_and_grids()
    return sizes | set(re.findall(r"(?<![\w.-])[ED]\d{1,2}(?![\w-])", text.words)) - {*ERRATA, *numbered_deviations()}
