"""Facts in TOML files are what the fields that they fill say: no type checker sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from irnet.comparison.examples import READY, Ready
from irnet.models.errata import ERRATA, EVIDENCE, Evidence
from irnet.provenance.counts import Count, published_counts
from irnet.provenance.deviations import Deviation, numbered_deviations
from irnet.provenance.names import Implementation, releases
from irnet.provenance.published import CURVES, PAPERS, TABLE_2, Curve, Paper, Result
from irnet.spec import Erratum

ENTRIES: dict[type, Callable[[], Iterable[Any]]] = {
    Erratum: ERRATA.values,
    Evidence: EVIDENCE.values,
    Implementation: lambda: (one for every in releases().values() for one in every),
    Deviation: lambda: numbered_deviations().values(),
    Count: published_counts,
    Result: lambda: TABLE_2,
    Curve: lambda: CURVES,
    Paper: lambda: PAPERS,
    Ready: lambda: READY,
}


def hold(kind: type, entry: dict[str, Any]) -> Any:
    """An entry held against the types of its fields; pydantic checks what it reads, and no dataclass."""
    return TypeAdapter(kind).validate_json(json.dumps(entry), strict=True)


@pytest.mark.parametrize("kind", ENTRIES, ids=lambda kind: kind.__name__)
def test_every_entry_has_the_types_of_its_fields(kind: type) -> None:
    entries = list(ENTRIES[kind]())
    assert entries
    for entry in entries:
        assert hold(kind, asdict(entry)) == entry


def test_a_word_that_a_field_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="basis"):
        hold(Erratum, asdict(ERRATA["E1"]) | {"basis": "guessed"})
