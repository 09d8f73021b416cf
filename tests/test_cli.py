"""Verbs: what they print, and what they say of bad input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from irnet.cli import VERBS, application, main
from irnet.models import PRESETS
from irnet.models.errata import ERRATA
from tests.apps import ROOT

V1 = "inception_resnet_v1"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """What a verb prints as JSON."""
    assert main([*arguments, "--format", "json"]) == status
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that bad input gets."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    return err


def test_list_and_summary_have_the_fields_and_the_published_totals(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {row["name"]: row["params"] for row in printed(capsys, "list")}
    assert list(listed) == list(PRESETS)
    assert listed["inception_v3.tf_slim"] == listed["inception_v3.torchvision"] == 23_834_568
    found = printed(capsys, "summary", "inception_resnet_v2.tf_slim")
    assert found["params"] == 55_843_464 == listed[found["name"]] == sum(stage["params"] for stage in found["stages"])
    assert {"name", "input_shape", "params", "macs", "stages"} <= found.keys()
    assert all({"name", "repeat", "out_shape", "params", "macs", "source"} <= stage.keys() for stage in found["stages"])
    found = printed(capsys, "summary", "inception_v4", "--set", "a=6", "--set", "input_size=224x320")
    assert (found["stages"][1]["repeat"], found["input_shape"]) == (6, [3, 224, 320])
    assert set(found["edits"].split(", ")) == {"input_size=224x320", "a=6"}


def test_a_verb_loads_no_module_of_another_and_all_are_in_the_help() -> None:
    listing = "import sys; from irnet.cli import main; main(['list']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    loaded = ran.stdout.splitlines()[-1].split()
    assert "irnet.cli.networks" in loaded
    assert not [name for name in loaded if name.startswith(("irnet.cli.lab", "irnet.cli.train", "irnet.training"))]
    helped = {info.name for info in application().registered_commands}
    assert {"list", "check"} < helped < set(VERBS)


def test_compare_tells_what_differs_counts_draws_and_writes_tables(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "compare", V1, "inception_resnet_v2", "inception_resnet_v1 a=6")
    changes = {change["where"]: change["values"] for change in found["changes"]}
    assert changes["block_a.repeat"] == [5, 5, 6]
    assert changes["reduction_a.b2.0"] == ["1x1 conv 192", "1x1 conv 256", "1x1 conv 192"]
    assert [knob["where"] for knob in found["knobs"]] == ["a", "k", "l", "m"]
    assert found["parts"]["all"]["params"][:2] == [22_756_328, 32_433_928]
    assert found["parts"]["all"]["convolutions"][:2] == [127, 132]
    assert main(["compare", V1, "inception_v4", "--format", "svg", "--level", "1"]) == 0
    assert 'id="1/inception_a.0.b0"' in capsys.readouterr().out
    assert main(["compare", V1, "inception_v4", "--format", "markdown"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert "| where | 1: inception_resnet_v1.paper | 2: inception_v4.paper | why |" in lines
    assert len({line.replace("\\|", "").count("|") for line in lines if "block" in line and "why" not in line}) <= 2


def test_cost_explains_every_counter_to_the_unit(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "cost", V1, "--set", "input_size=139", "--device", "meta")
    assert found["totals"] == found["explained"]
    assert found["modules"][0]["params"] == found["params"] == 22_756_328
    assert found["modules"][0]["not_counted"]["mul"] == 20


def test_errata_are_all_one_by_its_id_or_those_of_a_network(capsys: pytest.CaptureFixture[str]) -> None:
    found = {erratum["id"]: erratum for erratum in printed(capsys, "errata")}
    assert list(found) == list(ERRATA)
    assert [one["id"] for one in printed(capsys, "errata", "e5")] == ["E5"]
    stages = {one["id"]: one["stages"] for one in printed(capsys, "errata", "inception_resnet_v2")}
    assert (stages["E4"], "E2" in stages) == (["block_b"], False)
    assert [step["holds"] for step in found["E4"]["arithmetic"]] == [None, False, True]
    drawn = {"preset": "inception_resnet_v2.paper", "stage": "block_b", "box": "block_b.0.project"}
    assert (found["E4"]["drawn"], found["E17"]["arithmetic"]) == (drawn, [])
    assert all(erratum["released"] for erratum in found.values())
    read = {id_: list(dict.fromkeys(step["reading"] for step in found[id_]["arithmetic"])) for id_ in ("E5", "E9")}
    assert read["E9"] == ["All convolutions", "The longest chain", "The work"]
    assert read["E5"][:2] == ["Fig. 18 is right, and Fig. 19 slips", "Fig. 19 is right, and Fig. 18 slips"]
    assert {erratum["basis"] for erratum in found.values()} <= {"computed", "read", "run", "unverified"}


def test_provenance_and_ledger_are_those_of_the_network_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "provenance", "inception_resnet_v2.tf_slim")
    names = {stage["stage"]: stage for stage in found["stages"]}
    assert names["block_b"]["timm"] == "repeat_1.0 to repeat_1.19"
    assert names["conv2d_7b"]["paper"] == "not in the paper"
    assert len(found["deviations"]) == 22
    found = printed(capsys, "ledger", "inception_resnet_v2", "--set", "a=6")
    keras = next(count for count in found["counts"] if count["by"] == "Keras, total")
    *lines, last = [line["amount"] for line in keras["lines"]]
    assert (found["edits"], len(found["lookalikes"])) == ("a=6", 1)
    assert sum(lines) == last == 55_873_736
    assert all(count["printed in"] and count["version"] for count in found["counts"])


def test_activations_say_that_the_weights_are_untrained_and_read_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Image.linear_gradient("L").save(tmp_path / "mine.png")
    verb = ("activations", V1, "--set", "input_size=139", "--photo", str(tmp_path / "mine.png"))
    found = printed(capsys, *verb, "--scale", "0.5", "--seed", "3")
    assert (found["weights"], found["photo"]) == ("untrained, init torch, seed 3", str(tmp_path / "mine.png"))
    assert [block["scale"] for block in found["blocks"]] == [0.5] * 20


def test_diagram_writes_four_formats_without_a_system_graphviz_and_its_arrows_may_run_right(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "irnet", "diagram", V1, "--out", str(tmp_path), "--format", "json"]
    bare = os.environ | {"PATH": str(Path(sys.executable).parent)}
    done = subprocess.run([*command, "--flow", "right"], cwd=ROOT, env=bare, capture_output=True, text=True, check=True)
    files = [Path(file) for file in json.loads(done.stdout)]
    assert {file.suffix for file in files} == {".svg", ".png", ".pdf", ".dot"}
    assert len([file for file in files if file.stat().st_size]) == 4 * 7
    assert "rankdir=LR" in next(tmp_path.glob("*.overview.light.dot")).read_text()


def test_export_writes_one_page_that_names_no_other_host(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "net.html"
    assert main(["export", V1, "--out", str(file), "--set", "b=2"]) == 0
    text = file.read_text(encoding="utf-8")
    packed = re.search(r'"states": ?"([\w+/=]+)"', text)
    assert packed
    drawings = zlib.decompress(b64decode(packed[1])).decode()
    assert "2 \u00d7 Inception-ResNet-B" in drawings
    hosts = {
        found
        for found in re.findall(r"https?://[\w./-]+", text + drawings)
        if not found.startswith("http://www.w3.org/")
    }
    assert hosts == set()
    assert capsys.readouterr().out.strip() == str(file)


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (["list"], "inception_v4.tf_slim"),
        (["summary", V1], "block_a"),
        (["compare", "inception_v4", V1], "Knobs that differ: 7"),
        (["cost", V1, "--device", "meta", "--set", "input_size=139"], "block_a"),
        (["activations", V1, "--set", "input_size=139"], "block_a"),
        (["provenance", V1], "D7 Scale of the residuals in A, B, C"),
        (["provenance", "inception_v3.torchvision"], "padding counts (avg_pool2d as it comes)"),
        (["ledger", V1], "torchinfo on facenet-pytorch: 27,910,327 parameters: adds up to the unit"),
        (["ledger", "inception_v4"], "The smaller image hides the factor of two."),
        (["lineage", "inception_v4"], "Inception-v4 has 1.62 times the parameters of Inception-v3"),
        (["lineage", "--format", "markdown"], "## GoogLeNet, September 2014"),
        (["errata", "inception_resnet_v2"], "cannot add 1154 channels to 1152"),
        (["errata", "inception_resnet_v2"], "Read so: Fig. 19 is right, and Fig. 18 slips"),
    ],
)
def test_a_verb_says_it_in_words(verb: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(verb) == 0
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("summary", "inception_resnet_v3"), "did you mean inception_resnet_v"),
        (("summary", V1, "--set", "aa=6"), "has no knob 'aa'; did you mean a?"),
        (("summary", V1, "--set", "a=99"), "a=99 is outside 0 to 20"),
        (("summary", V1, "--set", "a"), "'a' does not say a knob and its value"),
        (("summary", V1, "--set", "input_size=12x"), "input_size=12x is not pixels"),
        (("summary", V1, "--set", "input_size=20"), "each side needs at least 75 pixels"),
        (("lineage", "vgg"), "no step of the line is called 'vgg'; they are googlenet, "),
        (("errata", "E99"), "no erratum is called 'E99'; they are E1, "),
        (("compare", V1), "1 networks can't be compared; 2 to 4 can"),
        (("diagram", V1, "--out", "d", "--flow", "up"), "'up' is not one of"),
        (("cost", V1, "--device", "abacus"), "'abacus' is not a device; this machine has cpu"),
        (("activations", V1, "--photo", "nowhere.png"), "no photograph or file is called 'nowhere.png'"),
        (("diagram", V1, "--out", "/dev/null/d"), "Not a directory"),
        (("paint", V1), "No such command 'paint'"),
        (("summary", V1, "--format", "xml"), "'xml' is not one of 'text', 'json'"),
    ],
)
def test_bad_input_gets_one_sentence(
    arguments: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in refused(capsys, *arguments)


def test_a_summary_says_what_edits_of_strides_do_to_the_grids_behind_them(capsys: pytest.CaptureFixture[str]) -> None:
    verb = ["summary", "inception_v4", "--set", "reduction_b.stride=1, reduction_b.padding=same"]
    assert main(verb) == 0
    assert capsys.readouterr().out.endswith(
        "\nGrids: reduction_b 17x17 in place of 8x8, inception_c 17x17 in place of 8x8, output stride 16 in place of "
        "32.\n"
    )
    assert main([*verb, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["grids"] == [
        {"where": "reduction_b", "was": "8x8", "is": "17x17"},
        {"where": "inception_c", "was": "8x8", "is": "17x17"},
        {"where": "output stride", "was": "32", "is": "16"},
    ]
    assert main(["summary", "inception_v4", "--set", "a=6", "--format", "json"]) == 0
    assert "grids" not in json.loads(capsys.readouterr().out)


def test_a_small_picture_runs_without_the_reductions_that_the_sentence_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = ["summary", "inception_v4", "--set", "input_size=32"]
    edits = refused(capsys, *small).partition("or the network fewer reductions: ")[2].strip()
    assert edits == "stem.0.0.stride=1, stem.0.3.stride=1"
    assert main([*small, "--set", edits]) == 0


def test_without_a_verb_there_is_the_help_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr()
    assert "Usage" in told.out + told.err
    assert "irnet: " not in told.err
