"""Facts in TOML files are what the fields that they fill say: no type checker sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from irnet import data_files
from irnet.comparison.examples import READY, Ready
from irnet.data_files import entry
from irnet.models.errata import ERRATA, EVIDENCE, Evidence
from irnet.provenance.counts import Count, published_counts
from irnet.provenance.deviations import Deviation, numbered_deviations
from irnet.provenance.lineage import Step, lineage
from irnet.provenance.names import Implementation, releases
from irnet.provenance.published import PAPERS, SLIPS, TABLES, Paper, Result, Slip
from irnet.spec import Erratum

ENTRIES: dict[type, Callable[[], Iterable[Any]]] = {
    Erratum: ERRATA.values,
    Evidence: EVIDENCE.values,
    Implementation: lambda: (one for every in releases().values() for one in every),
    Deviation: lambda: numbered_deviations().values(),
    Count: published_counts,
    Result: lambda: (one for table in TABLES.values() for one in table.results),
    Slip: lambda: SLIPS,
    Paper: lambda: PAPERS,
    Ready: lambda: READY,
    Step: lineage,
}


def hold(kind: type, said: dict[str, Any]) -> Any:
    """A table held against the types of its fields; pydantic checks what it reads, and no dataclass."""
    return TypeAdapter(kind).validate_json(json.dumps(said), strict=True)


@pytest.mark.parametrize("kind", ENTRIES, ids=lambda kind: kind.__name__)
def test_every_entry_has_the_types_of_its_fields(kind: type) -> None:
    entries = list(ENTRIES[kind]())
    assert entries
    for one in entries:
        assert hold(kind, asdict(one)) == one


def test_a_word_that_a_field_does_not_know_and_an_unknown_field_are_refused() -> None:
    with pytest.raises(ValidationError, match="basis"):
        hold(Erratum, asdict(ERRATA["E1"]) | {"basis": "guessed"})
    with pytest.raises(ValueError, match=r"unexpected keyword argument 'shown', in \{'title': 'v1 and v2', 'shown'"):
        entry(Ready, {"title": "v1 and v2", "shown": "nothing"})


def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "facts.toml").write_text("[E1]\nwhere = Fig. 3", encoding="utf-8")
    monkeypatch.setattr(data_files, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"^irnet/facts\.toml: .*line 2"):
        data_files.read_data("facts.toml")
