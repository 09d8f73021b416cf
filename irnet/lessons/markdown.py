"""Lessons as Markdown: words stand in the text, settings between two lines +++ ("Write a lesson" in CONTRIBUTING)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from irnet.units import typed

MARK = "+++"
_ASKED = {"question": "text", "choices": "choices", "answer": "answer", "tolerance": "tolerance"}  # in a step's header
_ASKED |= {"explanation": "explanation"}
_PARTS = {"Question": "question", "Explanation": "explanation"}  # below a step's prose
_HEADING = re.compile(r"(#{1,6}) +(\S.*)")
_NO_WORDS = re.compile(rf"^(?:{_HEADING.pattern}|\+\+\+\s*$)", re.MULTILINE)  # lines that mean something else
_LINE = 100  # characters, beyond which a list takes a line an item
_DOTS = 60  # in a line of a header: tomllib takes time by the square of those in a key, minutes for a page of "a.a.a"


@dataclass(slots=True)
class _Section:
    """The top of a file, or a step as it is read."""

    line: int
    settings: dict[str, Any] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    has_header: bool = False


def values(text: str, id_: str = "") -> tuple[dict[str, Any], list[int]]:
    """What a document says, named as in JSON, and the lines on which its steps begin.

    A lesson without an id gets `id_`, or one made of its title.

    Raises
    ------
    ValueError
        Naming the line of a heading or a header that is none.

    Examples
    --------
    >>> values('''+++
    ... title = "One"
    ... +++
    ... # The stem
    ... +++
    ... networks = ["inception_v4.paper"]
    ... +++
    ... See [it](stem).''')
    ({'id': 'one', 'title': 'One', 'steps': [{'title': 'The stem', 'prose': 'See [it](stem).', \
'networks': ['inception_v4.paper']}]}, [4])
    """
    top, *steps = _sections(text.replace("\r\n", "\n").split("\n"))
    title = re.sub(r"[^a-z0-9]+", "-", str(top.settings.get("title", "")).lower()).strip("-")
    found = {"id": id_ or title[:60] or "lesson"} | top.settings
    shared = {"networks": found.pop("networks")} if "networks" in found else {}
    return found | {"steps": [shared | _step(step) for step in steps]}, [step.line for step in steps]


def _sections(lines: list[str]) -> list[_Section]:
    sections, part, i = [_Section(1)], "prose", 0
    while i < len(lines):
        here, line = sections[-1], lines[i].rstrip()
        heading = _HEADING.fullmatch(line)
        i += 1
        if line == MARK:
            i = _header(lines, i, here)
        elif heading and heading[1] == "#":
            sections.append(_Section(i, {"title": heading[2]}))
            part = "prose"
        elif heading and heading[2] in _PARTS and len(sections) > 1:
            part = _PARTS[heading[2]]
        elif heading or (line and len(sections) == 1):
            raise ValueError(
                f"line {i}: {line[:40]!r} is in no step; a step begins with '# ' and its title, and may end with "
                "'## Question' and '## Explanation'"
            )
        else:
            here.words.setdefault(part, []).append(lines[i - 1])
    return sections


def _header(lines: list[str], start: int, section: _Section) -> int:
    """Read the settings that begin on a line; the line behind their end."""
    end = next((i for i in range(start, len(lines)) if lines[i].rstrip() == MARK), None)
    if end is None or section.has_header:
        wrong = f"there is no second line {MARK}" if end is None else "a step has one, and this is its second"
        raise ValueError(f"line {start}: a header begins here, but {wrong}")
    if any(line.count(".") > _DOTS for line in lines[start:end]):
        raise ValueError(f"line {start}: a line of this header has more than {_DOTS} dots; split it")
    try:
        section.settings |= tomllib.loads("\n".join(lines[start:end]))
    except (ValueError, RecursionError) as error:
        sentence = re.sub(r"at line (\d+)", lambda found: f"at line {start + int(found[1])}", str(error))
        raise ValueError(f"line {start}: this header is not TOML ({typed(sentence, 200)})") from None
    section.has_header = True
    return end + 1


def _step(section: _Section) -> dict[str, Any]:
    """A step; what its header says goes before what its words say."""
    asked = section.words.pop("question", [])
    choices = [line[2:].strip() for line in asked if line.startswith("- ")]
    words = section.words | {"question": [line for line in asked if not line.startswith("- ")]}
    texts = {name: text for name, part in words.items() if (text := "\n".join(part).strip())}
    title = {"title": section.settings["title"]}
    found = title | texts | ({"choices": choices} if choices else {}) | section.settings
    question = {name: found.pop(key) for key, name in _ASKED.items() if key in found}
    return found | ({"question": question} if question else {})


def written(lesson: Mapping[str, Any]) -> str:
    """The document of a lesson's plain values; what can't stand in its words stands in a header."""
    top, steps = dict(lesson), list(lesson["steps"])
    del top["steps"]
    if all(step["networks"] == steps[0]["networks"] for step in steps):
        top["networks"] = steps[0]["networks"]
        steps = [{name: value for name, value in step.items() if name != "networks"} for step in steps]
    return "\n\n".join((_toml(top), *map(_section, steps))) + "\n"


def _section(step: Mapping[str, Any]) -> str:
    asked = step.get("question", {})
    settings = {name: value for name, value in step.items() if name != "question"}
    settings |= {key: asked[name] for key, name in _ASKED.items() if name in asked}
    title = settings.pop("title") if _stands(settings["title"]) else "Step"
    prose = settings.pop("prose", "") if _stands(settings.get("prose", "")) else ""
    question, choices = settings.get("question", ""), settings.get("choices", [])
    if _stands(question, *choices) and not re.search(r"^- ", question, re.MULTILINE) and "\n" not in "".join(choices):
        question = "\n\n".join(filter(None, (question, "\n".join(f"- {choice}" for choice in choices))))
        settings = {name: value for name, value in settings.items() if name not in {"question", "choices"}}
    else:
        question = ""
    explanation = settings.pop("explanation", "") if _stands(settings.get("explanation", "")) else ""
    parts = (prose, question and f"## Question\n\n{question}", explanation and f"## Explanation\n\n{explanation}")
    return "\n\n".join(filter(None, (f"# {title}", _toml(settings), *parts)))


def _stands(*texts: str) -> bool:
    """Whether texts are read again as they are where they stand among words."""
    return all(text == text.strip() and "\r" not in text and not _NO_WORDS.search(text) for text in texts)


def _toml(settings: Mapping[str, Any]) -> str:
    lines = (f"{name} = {_value(value)}" for name, value in settings.items())
    return "\n".join((MARK, *lines, MARK)) if settings else ""


def _value(value: Any) -> str:
    """A value in TOML, which escapes strings as JSON does, and the letter that deletes too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        items = [_value(item) for item in value]
        line = f"[{', '.join(items)}]"
        fits = len(line) <= _LINE and line.count(".") <= _DOTS
        return line if fits else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    line = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return line.replace(".", "\\u002e") if line.count(".") > _DOTS // 2 else line
