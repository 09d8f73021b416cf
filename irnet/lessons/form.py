"""Lessons as documents and as a word of an address; what comes from others is held against a form and limits first."""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from pydantic import TypeAdapter, ValidationError

from irnet.edit.document import complaint
from irnet.lessons.check import check
from irnet.lessons.markdown import MARK, values, written
from irnet.lessons.value import Lesson

LARGEST = 96_000  # bytes of a document
LONGEST = 12_000  # characters of its word in an address
FORMAT = "irnet.lesson.1"
BOM = "\ufeff"  # with which some editors begin a file
_LESSON = TypeAdapter(Lesson)


def document(lesson: Lesson) -> str:
    """A lesson as JSON; what is as usual is left out.

    Examples
    --------
    >>> from irnet.lessons.value import Step
    >>> print(document(Lesson("one", "One", (Step(title="A", networks=("inception_v4.paper",)),))))
    {
      "format": "irnet.lesson.1",
      "id": "one",
      "title": "One",
      "steps": [
        {
          "title": "A",
          "networks": [
            "inception_v4.paper"
          ]
        }
      ]
    }
    """
    return json.dumps({"format": FORMAT} | plain(lesson), indent=2, ensure_ascii=False)


def plain(lesson: Lesson) -> dict[str, Any]:
    """A lesson as what JSON knows, without the fields that are as usual."""
    found: dict[str, Any] = _LESSON.dump_python(lesson, mode="json", exclude_defaults=True)
    return found


def markdown(lesson: Lesson) -> str:
    """A lesson as Markdown, as a teacher would write it.

    Examples
    --------
    >>> from irnet.lessons.value import Step
    >>> print(markdown(Lesson("one", "One", (Step(title="A", networks=("inception_v4.paper",), prose="Look."),))))
    +++
    id = "one"
    title = "One"
    networks = ["inception_v4.paper"]
    +++
    <BLANKLINE>
    # A
    <BLANKLINE>
    Look.
    <BLANKLINE>
    """
    return written(plain(lesson))


def read_lesson(text: str | bytes) -> Lesson:
    """The lesson that a document says: Markdown, which begins with a line +++, or JSON.

    Raises
    ------
    ValueError
        One sentence that says what is wrong, and where.
    """
    if len(text) > LARGEST:
        raise ValueError(f"the document is larger than {LARGEST} bytes")
    start = text[:9] if isinstance(text, str) else text[:9].decode("utf-8", "replace")
    if start.removeprefix(BOM).startswith(MARK):
        try:
            return read_markdown(text if isinstance(text, str) else text.decode())
        except UnicodeDecodeError as error:
            raise ValueError(f"document: this is not UTF-8 text (byte {error.start})") from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"document: this is neither JSON ({str(error)[:120]}) nor Markdown, which begins with a line {MARK}"
        ) from None
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise ValueError(f"format: a lesson says {FORMAT!r} there")
    return lesson_of(found)


def read_markdown(text: str, id_: str = "", *, checked: bool = False) -> Lesson:
    """The lesson that a Markdown document says; `id_` is for one that names none.

    A lesson that a test has `checked` is not held against its networks again: for all of ours that takes a second.

    Raises
    ------
    ValueError
        One sentence that says what is wrong, and in which line and step: "line 8, step 1: selected: ...".
    """
    found, lines = values(text.removeprefix(BOM), id_)
    try:
        return _shaped(found) if checked else lesson_of(found)
    except ValueError as error:
        sentence = str(error)
        step = re.match(r"steps\.(\d+)[.:] *", sentence)
        where = f"line {lines[int(step[1])]}, step {int(step[1]) + 1}: " if step else ""
        raise ValueError(where + sentence[step.end() if step else 0 :]) from None


def lesson_of(found: object) -> Lesson:
    """The lesson that plain values say, without their format.

    Raises
    ------
    ValueError
        One sentence that says what is wrong, and where.
    """
    return check(_shaped(found))


def _shaped(found: object) -> Lesson:
    """The lesson, with everything of its kind and within its limits; whether its boxes are there is not looked up."""
    try:
        return _LESSON.validate_json(json.dumps(found, default=str))  # TOML knows days and times, which no field takes
    except ValidationError as error:
        raise ValueError(complaint(error, "lesson")) from None
    except RecursionError:
        raise ValueError("document: it is nested too deeply") from None


def pack(lesson: Lesson) -> str:
    """A lesson as one word for an address.

    Raises
    ------
    ValueError
        If it is too long for an address.
    """
    payload = json.dumps(plain(lesson), separators=(",", ":"), ensure_ascii=False).encode()
    word = urlsafe_b64encode(zlib.compress(payload, 9)).decode().rstrip("=")
    if len(word) > LONGEST:
        raise ValueError(f"the lesson takes {len(word)} characters of an address, which has room for {LONGEST}")
    return word


def unpack(word: str) -> Lesson:
    """The lesson that a word of an address says.

    Raises
    ------
    ValueError
        One sentence that says what is wrong, and where.
    """
    if len(word) > LONGEST or not re.fullmatch(r"[A-Za-z0-9_-]+", word):
        raise ValueError(f"a lesson in an address is up to {LONGEST} letters, digits, - and _")
    try:
        unzip = zlib.decompressobj()
        payload = unzip.decompress(urlsafe_b64decode(word + "=" * (-len(word) % 4)), LARGEST)
        whole = unzip.eof and not unzip.unused_data
        found = json.loads(payload.decode()) if whole else None
    except (ValueError, zlib.error, RecursionError):
        found = None
    if found is None:
        raise ValueError("the lesson in the address is cut off or damaged; ask for its link again")
    return lesson_of(found)
