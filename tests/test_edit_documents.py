"""Edits as documents and on the command line: a network, or one sentence that says what is wrong and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.cli import main
from irnet.codegen import code
from irnet.edit import MOST, network
from irnet.edit.document import LARGEST, document, load, read_document
from irnet.spec import Edit

V4 = "inception_v4.paper"
GOOD = '{"format": "irnet.edits.1", "network": "inception_v4", "edits": %s}'
HOSTILE = [
    ("", "document: Invalid JSON"),
    ("[" * 50_000, "document: Invalid JSON: recursion limit exceeded"),
    ("null", "document: Input should be an object, not None"),
    (b"\xff\xfe", "document: Invalid JSON"),
    ("x" * (LARGEST + 1), "the document is larger than 64000 bytes"),
    (GOOD % "[1]", "edits.0: Input should be a valid string, not 1"),
    (GOOD % '["a=6"], "more": 1', "more: Extra inputs are not permitted"),
    (GOOD % '["a=6\\n"]', "edits.0: String should match pattern"),
    (GOOD % f'["{"a" * 200}=1"]', "edits.0: String should have at most 160 characters"),
    (GOOD % str(["a=6"] * (MOST + 1)).replace("'", '"'), "edits: List should have at most 200 items"),
    (GOOD % '["a=1e9"]', "edits.0: a=1e9 is not a number"),
    (GOOD % '["a=6", "__class__.0.filters=3"]', "edits.1: __class__.0: inception_v4.paper has no stage"),
    (GOOD % '["inception_b.0.b1.filters=9999999"]', "edits.0: inception_b.0.b1: filters=9999999 is not a number"),
    (GOOD % '["inception_b.0.b1.filters=9999"]', "edits.0: inception_b.0.b1: filters=9999 is outside 1 to 8192"),
    (GOOD % '["inception_b.0.b1.bias=1"]', "edits.0: 'inception_b.0.b1.bias=1' does not say a place"),
    (GOOD % '["a=-1"]', "edits.0: inception_v4.paper: a=-1 is outside 0 to 20"),
    (GOOD.replace("inception_v4", "<script>") % "[]", "network: no network is called '<script>'"),
    (GOOD.replace("edits.1", "edits.2") % "[]", "format: Input should be 'irnet.edits.1', not 'irnet.edits.2'"),
]


@pytest.mark.parametrize(("text", "sentence"), HOSTILE, ids=[sentence[:30] for _, sentence in HOSTILE])
def test_a_hostile_document_gets_one_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]{1,600}$") as said:
        load(text)
    assert str(said.value).startswith(sentence)


@given(st.text() | st.binary() | st.lists(st.text()).map(lambda texts: GOOD % str(texts).replace("'", '"')))
def test_any_document_is_a_network_or_one_sentence(text: str | bytes) -> None:
    said = ""
    try:
        read_document(text)
    except ValueError as error:
        said = str(error)
    assert "\n" not in said


def test_the_verb_writes_an_edited_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    file.write_text(document(network(V4), (Edit("inception_b.0.b1", "filters", 200),)), encoding="utf-8")
    expected = code(network(V4, "inception_b.0.b1.filters=200"))
    assert main(["code", "--edits", str(file)]) == 0
    assert capsys.readouterr().out == expected
    assert main(["code", V4, "--set", "inception_b.0.b1.filters=200"]) == 0
    assert capsys.readouterr().out == expected
    assert main(["code"]) == 2
    assert "name a network, or give its edits as a file" in capsys.readouterr().err
