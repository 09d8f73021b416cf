"""Edited networks as JSON, to keep and to send; what comes from others is held against a form and limits first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from irnet.edit import MOST, parse
from irnet.edit.validate import Validation, validate
from irnet.models import PRESETS, full_name, network
from irnet.spec import Edit, Network
from irnet.units import typed

LARGEST = 64_000  # bytes of a document

Text = Annotated[str, Field(max_length=160, pattern=r"^[ -~]*$")]  # printable ASCII


class _Document(BaseModel):
    """What a document has to say, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    format: Literal["irnet.edits.1"]
    network: Text
    edits: Annotated[list[Text], Field(max_length=MOST)]


def document(original: Network, edits: Sequence[Edit]) -> str:
    """A preset and edits of it as JSON; the edits that `original` already has come first.

    Examples
    --------
    >>> from irnet.models import network
    >>> print(document(network("inception_v4", a=6), (Edit("inception_b.0.b1", "filters", 200),)))
    {
      "format": "irnet.edits.1",
      "network": "inception_v4.paper",
      "edits": [
        "a=6",
        "inception_b.0.b1.filters=200"
      ]
    }
    """
    texts = [edit.text for edit in (*original.edits, *edits)]
    return json.dumps({"format": "irnet.edits.1", "network": original.name, "edits": texts}, indent=2)


def read_document(text: str | bytes) -> tuple[Network, tuple[Edit, ...]]:
    """The preset and the edits that a document says.

    Raises
    ------
    ValueError
        One sentence that says what is wrong with the document, and where.

    Examples
    --------
    >>> original, edits = read_document('{"format": "irnet.edits.1", "network": "inception_v4", "edits": ["a=6"]}')
    >>> original.name, edits
    ('inception_v4.paper', (Edit(where='', what='a', value=6),))
    """
    if len(text) > LARGEST:
        raise ValueError(f"the document is larger than {LARGEST} bytes")
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(complaint(error, "document")) from None
    try:
        name = full_name(document.network)
    except ValueError as error:
        raise ValueError(f"network: {error}") from None
    edits = []
    for i, edit in enumerate(document.edits):
        try:
            edits.append(parse(PRESETS[name], edit))
        except ValueError as error:
            raise ValueError(f"edits.{i}: {error}") from None
    return network(name), tuple(edits)


def load(text: str | bytes) -> Validation:
    """What a document's edits come to.

    Raises
    ------
    ValueError
        One sentence that says what is wrong, and where: in the document, or in the network that it describes.
    """
    original, edits = read_document(text)
    found = validate(original, edits)
    if found.refusal:
        raise ValueError(f"edits.{found.refusal.edit}: {found.refusal.message}")
    return found


def complaint(error: ValidationError, whole: str) -> str:
    """The first of pydantic's complaints about a stranger's `whole`: its place, and a piece of what is there."""
    first = error.errors(include_url=False)[0]
    where = typed(".".join(map(str, first["loc"])), 80)
    found = "" if first["type"] == "json_invalid" else f", not {ascii(first['input'])[:40]}"
    return f"{where or whole}: {typed(first['msg'], 200)}{found}"
