"""Every box, link and number of every lesson is there; documents and addresses carry it unchanged, or say why not."""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.drawings import beside_svg, svg
from app.lesson import view_of
from irnet.lessons import FILES, LESSONS, lesson_named
from irnet.lessons.check import check, is_right, networks_of, right
from irnet.lessons.form import LARGEST, document, markdown, pack, plain, read_lesson, read_markdown, unpack
from irnet.lessons.hide import hide, number_to_hide
from irnet.lessons.prose import links, paragraphs, spoken_of
from irnet.lessons.value import Lesson, Note, Question, Step
from irnet.models import network
from irnet.provenance.quantities import fill
from irnet.tree import resolve
from tests.apps import ROOT

STEP = Step(title="A", networks=("inception_v4.paper",))
ONE = Lesson("one", "One", (STEP,))
ASKED = ("tour", "one-by-one-first", "widths-add-up", "linear-and-sum", "batch-norm-and-memory", "which-v2")
BY_HAND = {  # lesson and step to the answer, worked out from the figures
    ("tour", 0): 8,
    ("tour", 3): 64 + 96,
    ("tour", 4): 128 + 384 + 256 + 256,
    ("tour", 5): 384 + 384 + 256,
    ("tour", 6): 384,
    ("tour", 7): 384 + 384 + 384,
    ("googlenet", 0): 64 + 128 + 32 + 32,
    ("googlenet", 1): 192 / 16,
    ("bn-inception", 0): 2 * 64,
    ("bn-inception", 1): 2 * 2 * 8,
    ("bn-inception", 2): 29.0,
    ("inception-v3", 0): 18,
    ("inception-v3", 1): 320 + 2 * 384 + 2 * 384 + 192,
    ("inception-v3", 2): 384 + 96 + 288,
    ("the-pure-line", 1): 384 + 384 + 256,
    ("the-pure-line", 2): 1.2,
    ("the-sum-joins", 1): 83,
    ("the-sum-joins", 3): 896 + 256,
    ("one-by-one-first", 0): 384 / 64,
    ("one-by-one-first", 1): 100 * (384 * 64 + 9 * 64 * 96) / (9 * 384 * 96),
    ("one-by-one-first", 2): 384 + 3 * 96,
    ("factorised", 0): 14,
    ("factorised", 1): 7 * (49 - 7) * 192 * 224 / 1e6,
    ("widths-add-up", 1): "1408",
    ("widths-add-up", 2): 1152 + 384 + 288 + 320,
    ("reductions", 1): (17 - 3) // 2 + 1,
    ("reductions", 2): 192 + 320,
    ("linear-and-sum", 0): 256,
    ("scale-and-death", 2): (10 * 320 * 35**2 + 20 * 1088 * 17**2 + 9 * 2080 * 8**2) / 1e6,
    ("batch-norm-and-memory", 0): 2 * 32,
    ("v1-against-v2", 0): 1152 - 896,
    ("which-v2", 1): 320 + 384 + 384,
    ("which-v2", 2): 244,
    ("macs-are-not-flops", 0): 2 * 149 * 149 * 32 * 27 / 1e6,
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_everything_that_a_lesson_names_is_there(lesson: Lesson) -> None:
    assert check(lesson) is lesson


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_step_speaks_of_boxes_and_asks_for_a_prediction(lesson: Lesson) -> None:
    assert [step.title for step in lesson.steps if step.question is None] == []
    assert sum(bool(links(step.prose)) for step in lesson.steps) >= len(lesson.steps) - 1


def test_every_lesson_has_a_name_of_its_own_and_the_tour_goes_through_the_paper() -> None:
    assert len(LESSONS) == len({lesson.id for lesson in LESSONS}) == len(FILES)
    assert len(lesson_named("tour").steps) >= 10


@pytest.mark.parametrize(("lesson", "step"), BY_HAND)
def test_an_answer_is_what_the_figures_come_to_by_hand(lesson: str, step: int) -> None:
    here = lesson_named(lesson).steps[step]
    assert here.question is not None
    found, wanted = right(here.question, networks_of(here)[0]), BY_HAND[lesson, step]
    assert found == (wanted if isinstance(wanted, str) else pytest.approx(wanted, rel=1e-9))


NUMBERS = [(lesson, step) for lesson, step in BY_HAND if number_to_hide(lesson_named(lesson).steps[step])]


@pytest.mark.parametrize(("lesson", "step"), NUMBERS)
def test_no_picture_or_word_of_a_step_has_its_answer(lesson: str, step: int) -> None:
    here = lesson_named(lesson).steps[step]
    shown = number_to_hide(here)
    view = view_of(here, {}, frozenset(here.turned), here.selected, hidden=shown, colours=False)
    path, _, query = view.address("light").partition("?")
    asked = dict(parse_qsl(query))
    drawn = (beside_svg(asked) if path == "beside.svg" else svg(path[len("drawing/") : -len(".svg")], asked)).decode()
    texts = re.findall(r"<(?:text|title|desc)[^>]*>([^<]*)", drawn)
    assert len(texts) > 10
    everything = [*texts, view.alt, fill(here.prose, networks_of(here)[0])]
    sizes = [re.split(r"(?<=\d)[x×](?=\d)", word) for text in texts for word in text.replace("\xa0", " ").split()]
    assert not [size for size in sizes if shown in size]
    assert hide(" ".join(everything[:-1]), shown) == " ".join(everything[:-1])


def test_a_lesson_s_end_does_not_give_the_last_answer_away() -> None:
    ends = [(" ".join(one.learnt), one.steps[-1]) for one in LESSONS]
    assert [learnt for learnt, last in ends if not learnt] == []
    asked = [(fill(learnt, networks_of(last)[0]), number_to_hide(last)) for learnt, last in ends]
    assert [learnt for learnt, number in asked if hide(learnt, number) != learnt] == []


def test_a_drawing_hides_one_number_and_refuses_anything_else() -> None:
    with pytest.raises(ValueError, match="hidden can't be '<b>'; it is one number, such as 1024"):
        svg("inception_v4.paper", {"level": "0", "hidden": "<b>"})
    largest = str(max(stage.params for stage in resolve(network("inception_v4")).top))
    legend = svg("inception_v4.paper", {"level": "0", "overlay": "parameters", "hidden": largest})
    assert b'"text":"up to ?"' in legend


def test_what_was_learnt_with_a_formula_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^learnt\.0: .*'chanels'"):
        check(replace(ONE, learnt=("{chanels stem}",)))


def test_a_prediction_near_enough_is_right_and_one_beyond_is_not() -> None:
    asked, network = Question("?", "channels stem", tolerance=0.1), networks_of(STEP)[0]
    assert [is_right(asked, network, guess) for guess in (384, 346, 345)] == [True, True, False]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_documents_and_address_carry_a_ready_lesson_unchanged(lesson: Lesson) -> None:
    assert read_lesson(document(lesson)) == lesson == unpack(pack(lesson))
    assert read_lesson(markdown(lesson)) == lesson == read_lesson(("\ufeff" + markdown(lesson)).encode())


@pytest.mark.parametrize(("file", "lesson"), list(zip(FILES, LESSONS, strict=True)), ids=[file.stem for file in FILES])
def test_every_file_is_a_lesson_that_its_name_calls(file: Path, lesson: Lesson) -> None:
    assert read_markdown(file.read_text(encoding="utf-8"), lesson.id) == lesson
    assert re.fullmatch(rf"\d\d-{lesson.id}", file.stem)


def test_the_example_in_contributing_is_a_lesson() -> None:
    (text,) = re.findall(r"```markdown\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    lesson = read_lesson(text)
    assert read_lesson(markdown(lesson)) == lesson
    numbers, words = (step.question for step in lesson.steps)
    assert numbers is not None
    assert words is not None
    assert right(numbers, networks_of(lesson.steps[0])[0]) == 384
    assert right(words, networks_of(lesson.steps[1])[0]) == "Reduction-A"


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^document: this is not UTF-8 text \(byte 4\)$"):
        read_lesson(b"+++\n\xff\n+++")


def test_a_lesson_may_be_written_on_windows_and_say_what_it_asks_in_a_header() -> None:
    question = 'answer = "channels stem"\nquestion = "How many?"\nexplanation = """\n{channels stem}."""'
    text = f'+++\ntitle = "One"\n+++\n# A\n+++\nnetworks = ["inception_v4.paper"]\n{question}\n+++\n'
    asked = Question("How many?", "channels stem", explanation="{channels stem}.")
    assert read_lesson(text.replace("\n", "\r\n")) == replace(ONE, steps=(replace(STEP, question=asked),))


PATHS = st.sampled_from(sorted(resolve(networks_of(STEP)[0])))
AWKWARD = ["# A", "+++", " +++ ", "## Question", "a\n\n## Explanation", "### b", "- a", "a\n- b", " a", "a\n", "." * 61]
WORDS = st.text(st.characters(exclude_categories=["C"], exclude_characters="{}[]"), max_size=40)
TEXTS = WORDS | st.sampled_from(AWKWARD)
TITLES = WORDS.filter(bool)
STEPS = st.builds(
    Step,
    title=TITLES,
    networks=st.just(("inception_v4.paper",)),
    prose=TEXTS,
    level=st.sampled_from(["stages", "branches", "steps", "units"]),
    turned=st.lists(PATHS, max_size=3).map(tuple),
    selected=PATHS | st.just(""),
    overlay=st.sampled_from(["operation", "parameters", "MACs", "activation memory", "receptive field"]),
    flow=st.sampled_from(["down", "right"]),
    fade=st.booleans(),
    table=st.sampled_from(["", "parameters", "MACs", "ledger"]),
    controls=st.lists(st.sampled_from(["level", "overlay", "a", "dropout"]), max_size=3).map(tuple),
    notes=st.lists(st.builds(Note, PATHS, TITLES), max_size=3).map(tuple),
    question=st.none()
    | st.builds(Question, TEXTS.filter(bool), st.just("channels stem"), explanation=TEXTS, tolerance=st.floats(0, 0.5))
    | st.sets(st.sampled_from(["a", "b", "- c", " d", "+++", ""]), min_size=2).map(
        lambda choices: Question("?", sorted(choices)[0] or "a", ("a", *sorted(choices - {"a"})))
    ),
)


@settings(deadline=None, max_examples=60)
@given(
    st.builds(
        Lesson,
        st.from_regex(r"\A[a-z0-9-]{1,60}\Z"),
        TITLES,
        st.lists(STEPS, min_size=1, max_size=3).map(tuple),
        learnt=st.lists(TITLES, max_size=2).map(tuple),
    )
)
def test_documents_and_address_carry_any_lesson_unchanged(lesson: Lesson) -> None:
    assert read_lesson(document(lesson)) == lesson == unpack(pack(lesson)) == read_lesson(markdown(lesson))


def _changed(**changes: object) -> str:
    told = {"format": "irnet.lesson.1"} | plain(ONE)
    told["steps"] = [told["steps"][0] | changes]
    return json.dumps(told)


HOSTILE = {
    "": "document: this is neither JSON",
    "[" * 50_000: "document: ",
    "x" * (LARGEST + 1): "larger than",
    "[]": "format: ",
    '{"format": "irnet.edits.1"}': "format: a lesson says 'irnet.lesson.1' there",
    '{"format": "irnet.lesson.1"}': "id: ",
    _changed(colour="red"): "steps.0.colour: ",
    _changed(title=3): "steps.0.title: ",
    _changed(title="a\nb"): "steps.0.title: ",
    _changed(title="x" * 101): "steps.0.title: ",
    _changed(networks=[]): "steps.0.networks: ",
    _changed(networks=["inception_v4"] * 5): "steps.0.networks: ",
    _changed(networks=["resnet"]): "steps.0.networks: no network is called 'resnet'",
    _changed(networks=["inception_v4 (input_size=9)"]): "steps.0.networks: an input of 9x9 pixels is too small",
    _changed(networks=["inception_v4 (depth=99)"]): "steps.0.networks: ",
    _changed(selected="nowhere"): "steps.0.selected: the picture has no box 'nowhere'",
    _changed(selected="../../etc"): "steps.0.selected: ",
    _changed(selected="<script>"): "steps.0.selected: ",
    _changed(turned=["stem"] * 41): "steps.0.turned: ",
    _changed(overlay="heat"): "steps.0.overlay: ",
    _changed(prose="[x](nowhere)"): "steps.0.prose: the picture has no box 'nowhere'",
    _changed(prose="{params.__class__}"): "steps.0.prose: no quantity",
    _changed(prose="x" * 4001): "steps.0.prose: ",
    _changed(controls=["rm"]): "steps.0.controls: there is no control 'rm'",
    _changed(table="knobs"): "steps.0.table: the table 'knobs' needs two networks or more",
    _changed(notes=[{"box": "", "text": "x"}]): "steps.0.notes.0.box: ",
    _changed(question={"text": "?", "answer": "x", "choices": ["y"]}): "steps.0.question: two choices or more",
    _changed(question={"text": "?", "answer": "x", "choices": ["y", "z"]}): "steps.0.question: the answer 'x' is none",
    _changed(question={"text": "?", "answer": "params / 0"}): "steps.0.question: ",
    _changed(prose=" ".join(f"{{params @ inception_v4 (a={i})}}" for i in range(25))): "steps: 26 networks are named",
}


@pytest.mark.parametrize("told", HOSTILE, ids=lambda told: HOSTILE[told][:40])
def test_a_strangers_document_that_is_wrong_gets_one_sentence_with_its_place(told: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        read_lesson(told)
    assert HOSTILE[told] in str(refused.value)
    assert len(str(refused.value)) < 500


TOP = '+++\ntitle = "One"\nnetworks = ["inception_v4.paper"]\n+++\n# A\n'
HOSTILE_MARKDOWN = {  # the first line is 1
    "+++": "line 1: a header begins here, but there is no second line +++",
    "+++\n+++": "title: Field required",
    "+++\ntitle = One\n+++\n# A": "line 1: this header is not TOML (Invalid value (at line 2, column 9))",
    "+++\n+++\n+++\n+++": "line 3: a header begins here, but a step has one",
    "+++\ntitle = 'One'\n+++": "steps: Tuple should have at least 1 item",
    "+++\ntitle = 'One'\n+++\nWords": "line 4: 'Words' is in no step",
    TOP + "### Answer": "line 6: '### Answer' is in no step; a step begins with '# ' and its title",
    TOP + "+++\ntitel = 3\n+++": "line 5, step 1: titel: Unexpected keyword argument",
    TOP + "+++\nlevel = 2020-01-01\n+++": "line 5, step 1: level: ",
    TOP + "\nx\n# B\n+++\nselected = 'nowhere'\n+++": "line 8, step 2: selected: the picture has no box 'nowhere'",
    TOP + "[x](nowhere)": "line 5, step 1: prose: the picture has no box 'nowhere'",
    TOP + "{depth}": "line 5, step 1: prose: no quantity of a network is called 'depth'",
    TOP + "x" * 4001: "line 5, step 1: prose: String should have at most 4000 characters",
    TOP + "## Question\nWhich?": "line 5, step 1: question.answer: ",
    TOP + "+++\nanswer = 'c'\n+++\n## Question\n- a\n- b": "line 5, step 1: question.text: ",
    TOP + "+++\nanswer = 'c'\n+++\n## Question\n?\n- a\n- b": "line 5, step 1: question: the answer 'c' is none",
    TOP + "+++\nanswer = 'params'\nquestion = '?'\ntolerance = nan\n+++": "line 5, step 1: question.tolerance: ",
    TOP + f"{{{'9' * 241}}}": "line 5, step 1: prose: a formula of 241 characters is longer than 240",
    f"+++\n{'.'.join('a' * 40_000)} = 1\n+++": "line 1: a line of this header has more than 60 dots",
    f"+++\na = {'[' * 40_000}\n+++": "line 1: this header is not TOML",
    "+++\n+++\n" + "# A\n" * 20_000: "title: Field required",
}


@pytest.mark.parametrize("text", HOSTILE_MARKDOWN, ids=lambda text: HOSTILE_MARKDOWN[text][:40])
def test_markdown_that_is_wrong_gets_one_sentence_with_its_line_and_step(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        read_lesson(text)
    assert HOSTILE_MARKDOWN[text] in str(refused.value)
    assert len(str(refused.value)) < 500


BOMB = urlsafe_b64encode(zlib.compress(json.dumps(plain(ONE)).encode() + b" " * 8_000_000, 9)).decode().rstrip("=")


@pytest.mark.parametrize("word", ["!", "a b", "x" * 12_001, "AAAA", pack(ONE)[:-4], BOMB, pack(ONE) + "AAAA", "\u00e4"])
def test_a_word_that_is_no_lesson_gets_one_sentence(word: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        unpack(word)


def test_a_lesson_too_long_for_an_address_says_how_long_it_is() -> None:
    noise = Random(0).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=6 * 4000)
    steps = tuple(replace(STEP, prose="".join(noise[i : i + 4000])) for i in range(0, len(noise), 4000))
    with pytest.raises(ValueError, match=r"takes \d+ characters of an address, which has room for 12000"):
        pack(replace(ONE, steps=steps))


def test_words_that_lie_in_no_pair_of_brackets_stay_as_they_are() -> None:
    (pieces,) = paragraphs("a [b] (c) ![x](http://a.b) <i>d</i>")
    assert "".join(piece.text for piece in pieces) == "a [b] (c) ![x](http://a.b) <i>d</i>"


def test_a_box_lights_the_word_that_speaks_of_it_or_of_what_it_lies_in() -> None:
    linked = links("[A](block_a) and [its sum](block_a.0.add)")
    assert [spoken_of(linked, box) for box in ("block_a.0.add", "block_a.0.body.b1", "stem")] == [
        "block_a.0.add",
        "block_a",
        "",
    ]
