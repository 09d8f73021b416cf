"""What stands around a network in a file: prefixes, other heads and networks, other types; loading its body alone."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import irnet
from irnet.checkpoints import keys
from irnet.checkpoints.prefixes import endings, match
from irnet.cli import main
from irnet.models import network
from irnet.runtime.build import Model, build
from irnet.runtime.weights import Loaded, identify, load_weights
from tests.checkpoints import State, drawn, hollow, listed_state
from tests.conftest import Meta
from tests.test_cli import printed, refused

FACENET, V2 = "inception_resnet_v1.facenet", "inception_resnet_v2.tf_slim"
SPEC = network(FACENET, a=1, b=0, c=0, classes=3)
THEIRS = keys(SPEC, "facenet_pytorch")
HEAD = ("logits.weight", "logits.bias")


@pytest.fixture(scope="module")
def state() -> State:
    """A checkpoint of a short network in the layout of facenet-pytorch."""
    return {THEIRS[key]: tensor for key, tensor in drawn(build(SPEC)).items()}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "mine.pt"
    (tmp_path / "mine.pt").unlink(missing_ok=True)


def under(prefix: str, state: State) -> State:
    return {prefix + key: tensor for key, tensor in state.items()}


def loaded(state: State, file: Path, model: Model | None = None, *, body: bool = False) -> tuple[Model, Loaded]:
    torch.save(state, file)
    made = model or build(SPEC)
    return made, load_weights(made, file, body=body)


def holds(model: Model, state: State, *, but: tuple[str, ...] = ()) -> bool:
    """Whether every tensor of a model is the file's, those that begin so aside."""
    return all(
        torch.equal(tensor, state[THEIRS[key]]) for key, tensor in model.state_dict().items() if not key.startswith(but)
    )


@pytest.mark.parametrize(
    "prefix", ["module.", "_orig_mod.", "encoder.", "model.backbone.", "_orig_mod.module.net.0.body.", "a/b/"]
)
def test_a_prefix_is_found_stripped_and_said(prefix: str, state: State, file: Path) -> None:
    model, found = loaded(under(prefix, state), file)
    assert holds(model, state)
    assert (found.prefixes, found.tensors, found.rest) == ((prefix,), len(state), {})
    assert found.sentence.endswith(f"; after the prefix '{prefix}'")


def test_a_backbone_and_a_head_may_have_prefixes_of_their_own(state: State, file: Path) -> None:
    body = {key: tensor for key, tensor in state.items() if key not in HEAD}
    model, found = loaded(under("net.body.", body) | under("net.", {key: state[key] for key in HEAD}), file)
    assert holds(model, state)
    assert found.prefixes == ("net.body.", "net.")


def test_what_is_no_part_of_the_network_is_left_out_and_listed(state: State, file: Path) -> None:
    critic = {f"critic.{i}.weight": torch.zeros(2) for i in range(5)}
    more = critic | {"net.neck.weight": torch.zeros(1), "step": torch.tensor(7)}
    model, found = loaded(under("net.body.", state) | more, file)
    assert holds(model, state)
    assert found.rest == {"critic.": 5, "net.neck.": 1, "step": 1}
    assert (
        "; not of the network: 5 tensors of 'critic.', 1 tensor of 'net.neck.' and 1 tensor of 'step'" in found.sentence
    )


def test_more_blocks_than_the_network_has_are_no_other_network(state: State, file: Path) -> None:
    with pytest.raises(ValueError, match=r"'net\.repeat_1\.1\.conv2d\.bias' left over$"):
        loaded(under("net.", state | {"repeat_1.1.conv2d.bias": torch.zeros(256)}), file)


@pytest.mark.parametrize("name", ["inception_v4", "facenet_v1_classify8631", "torchvision_inception_v3"])
def test_a_network_in_a_detector_is_identified(name: str, file: Path) -> None:
    plain = listed_state(name)
    torch.save(plain, file)
    alone = identify(file)
    boxes = {f"rpn.{i}.weight": torch.zeros(3, 3) for i in range(40)}
    torch.save(under("detector.backbone.", plain) | boxes, file)
    found = identify(file)
    assert (found.exact, found.preset, found.layout, found.classes) == (True, alone.preset, alone.layout, alone.classes)
    assert (found.prefixes, found.rest, found.auxiliary) == (("detector.backbone.",), {"rpn.": 40}, alone.auxiliary)


def test_another_head_leaves_the_network_without_a_classifier(file: Path) -> None:
    plain = {key: tensor for key, tensor in listed_state("inception_v4").items() if not key.startswith("last_linear")}
    torch.save(under("net.", plain) | {"net.last_linear.1.weight": torch.zeros(7, 1536)}, file)
    found = identify(file)
    assert (found.exact, found.classes, found.rest) == (True, 0, {"net.last_linear.": 1})


def test_two_copies_of_a_network_are_refused_with_the_way_to_choose_one(state: State, file: Path) -> None:
    both = under("student.", state) | under("teacher.", {key: 2 * tensor for key, tensor in state.items()})
    told = r"^mine\.pt holds the network 2 times, under 'student' and 'teacher': choose one with --key student,"
    with pytest.raises(ValueError, match=told):
        loaded(both, file)
    model = build(SPEC)
    found = load_weights(model, file, key="teacher")
    assert holds(model, {key: 2 * tensor for key, tensor in state.items()})
    assert found.taken_from == "teacher"
    save_file(both, file)
    assert load_weights(model, file, key="student").taken_from == "student"
    assert holds(model, state)


def test_a_match_is_found_among_keys_that_are_deep_and_many() -> None:
    wanted = {f"a.{i}.w" for i in range(500)}
    hostile = [f"{'x.' * 200}{key}" for key in wanted] + [f"{i}.w" for i in range(50_000)]
    assert match(endings(hostile), wanted).prefixes == ("x." * 200,)


@pytest.mark.parametrize("classes", [0, 7, 3])
def test_the_body_goes_into_a_network_with_another_head_or_none(classes: int, state: State, file: Path) -> None:
    model = build(network(FACENET, a=1, b=0, c=0, classes=classes), seed=9)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    _, found = loaded(state, file, model, body=True)
    assert holds(model, state, but=("classifier.",))
    assert found.rest == {"logits.": 2}
    assert found.untouched == (("classifier.weight", "classifier.bias") if classes else ())
    assert all(torch.equal(model.state_dict()[key], before[key]) for key in found.untouched)
    assert (model.loaded, "but for the classifier, untrained" in model.origin) == (not classes, bool(classes))


def test_an_embedding_of_another_size_stays_as_it_is(state: State, file: Path) -> None:
    model, found = loaded(state | {"last_linear.weight": torch.zeros(128, 1792)}, file, body=True)
    assert holds(model, state, but=("classifier.", "embedding."))
    assert {key.partition(".")[0] for key in found.untouched} == {"embedding", "classifier"}
    assert "but for the embedding and classifier" in model.origin


def test_a_body_that_lacks_a_tensor_is_refused(state: State, file: Path) -> None:
    with pytest.raises(ValueError, match=r"'conv2d_1a\.conv\.weight' missing"):
        loaded({key: tensor for key, tensor in state.items() if key != "conv2d_1a.conv.weight"}, file, body=True)


@pytest.mark.parametrize(
    "kind", [torch.float64, torch.float16, torch.bfloat16, torch.float8_e4m3fn], ids=lambda kind: str(kind)[6:]
)
def test_every_floating_type_is_converted_and_rounding_is_said(kind: torch.dtype, state: State, file: Path) -> None:
    """Whoever converts all tensors of a file converts the counts of batches as well."""
    torch.save({key: tensor.to(kind) for key, tensor in state.items()}, file)
    model = build(SPEC)
    found = load_weights(model, file)
    assert holds(model, {key: tensor.to(kind).to(tensor.dtype) for key, tensor in state.items()})
    assert found.rounded == (("float64",) if kind == torch.float64 else ())
    half = load_weights(build(SPEC).half(), file)
    assert half.rounded == (() if kind in {torch.float16, torch.float8_e4m3fn} else (str(kind)[6:],))


@pytest.mark.parametrize(
    ("kind", "exact"), [(torch.float64, True), (torch.bfloat16, True), (torch.int32, False), (torch.int8, False)]
)
@pytest.mark.parametrize("container", ["pt", "safetensors"])
def test_check_knows_the_types_that_load(kind: torch.dtype, container: str, exact: bool, tmp_path: Path) -> None:
    held = {key: tensor.to(kind) for key, tensor in listed_state("facenet_v1").items()}
    if container == "pt":
        torch.save(held, tmp_path / "mine")
    else:
        save_file({key: tensor.contiguous() for key, tensor in held.items()}, tmp_path / "mine")
    found = identify(tmp_path / "mine")
    assert (found.exact, found.preset) == (exact, FACENET)
    assert ("; rounded from float64" in found.sentence) is (kind == torch.float64)
    assert ("instead of floating point" in found.sentence) is not exact


@pytest.mark.parametrize("channels", [1, 4])
def test_input_channels_and_classes_are_read_from_the_file(channels: int, meta: Meta, file: Path) -> None:
    theirs = keys(network(V2), "timm")
    spec = network(V2, channels=channels, classes=37)
    torch.save({f"net.{theirs[key]}": tensor for key, tensor in hollow(dict(meta(spec).state_dict())).items()}, file)
    found = identify(file)
    assert (found.exact, found.preset, found.channels, found.classes) == (True, V2, channels, 37)
    assert f"37 classes, {channels} input channel" in found.sentence
    with pytest.raises(ValueError, match=rf"with --set classes=37 --set channels={channels}, in Python"):
        load_weights(build(network(V2)), file)


def commands(sentence: str) -> list[str]:
    """The options that a sentence tells to type."""
    return re.findall(r"(?:--set [\w.]+=\w+ ?)+|--body|--key \w+|--ema", sentence)


def python(sentence: str) -> list[str]:
    return re.findall(r"irnet\.network\([^)]*\)|load_weights\([^)]*\)|(?<=in Python with )key='\w+'", sentence)


@pytest.mark.parametrize(
    ("have", "want"),
    [({"classes": 3}, {"classes": 0}), ({"classes": 0}, {}), ({"channels": 1}, {}), ({"classes": 5}, {"channels": 4})],
)
def test_every_hint_of_a_refusal_is_a_line_that_works(
    have: dict[str, int], want: dict[str, int], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = {"a": 1, "b": 0, "c": 0, "input_size": 96}
    torch.save(build(network(FACENET, **short, **have)).state_dict(), file)
    model = build(network(FACENET, **short, **want))
    with pytest.raises(ValueError, match="does not fit") as error:
        load_weights(model, file)
    told = str(error.value)
    assert commands(told)
    assert len(commands(told)) == len(python(told))
    verb = ["weights", "load", FACENET, str(file), *(f"--set={name}={value}" for name, value in (short | want).items())]
    assert refused(capsys, *verb).strip() == f"irnet: {told}"
    for line in commands(told):
        assert printed(capsys, *verb, *shlex.split(line))["file"] == "mine.pt"
    for line in python(told):
        made = eval(line, {"irnet": irnet, "load_weights": load_weights, "model": model, "file": file})
        assert isinstance(made, Loaded) or load_weights(build(made), file).untouched == ()


def test_the_hint_about_two_copies_works(state: State, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(under("student.", state) | under("teacher.", state), file)
    verb = ["weights", "load", FACENET, str(file), *(f"--set={n}={v}" for n, v in {"a": 1, "b": 0, "c": 0}.items())]
    told = refused(capsys, *verb, "--set=classes=3")
    (line,), (argument,) = commands(told), python(told)
    assert printed(capsys, *verb, "--set=classes=3", *shlex.split(line))["taken_from"] == "student"
    assert load_weights(build(SPEC), file, key=eval(argument.partition("=")[2])).taken_from == "student"


def test_classify_gives_the_embedding_of_a_file_with_logits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the whole network's layers give it, run one after another by hand."""
    model, file = build(FACENET, seed=3), tmp_path / "face.pt"
    torch.save({"model": under("module.", dict(model.state_dict())), "epoch": 3}, file)
    found = printed(capsys, "weights", "classify", str(file), "--body")
    assert found["network"] == f"{FACENET} (classes=0)"
    assert len(found["values"]) == 512
    assert sum(value**2 for value in found["values"]) == pytest.approx(1, abs=1e-5)
    assert main(["weights", "classify", str(file), "--body"]) == 0
    out, err = capsys.readouterr()
    assert "512 numbers of length 1" in out
    assert "taken from 'model'; after the prefix 'module.'" in err
    from irnet.lab.classify import PREPROCESSING, prepare  # noqa: PLC0415
    from irnet.lab.photos import photo  # noqa: PLC0415

    with torch.no_grad():
        x = prepare(photo("coffee"), model.network.input_shape, PREPROCESSING[FACENET])
        for name, child in model.named_children():
            x = x if name == "classifier" else child(x)
    wanted = x[0] / x[0].norm()
    assert torch.allclose(wanted, torch.tensor(found["values"]), atol=1e-5)


def test_load_writes_the_whole_network_in_our_layout(
    state: State, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(under("module.", state), file)
    verb = ["weights", "load", FACENET, str(file), *(f"--set={n}={v}" for n, v in {"a": 1, "b": 0, "c": 0}.items())]
    out = tmp_path / "ours.safetensors"
    found = printed(capsys, *verb, "--set=classes=9", "--body", "--out", str(out))
    assert (found["out"], found["untouched"]) == (str(out), ["classifier.weight", "classifier.bias"])
    model = build(network(FACENET, a=1, b=0, c=0, classes=9))
    assert load_weights(model, out).layout == "irnet"
    assert holds(model, state, but=("classifier.",))


@pytest.mark.parametrize("words", ["--body", "--ema", "--key model"])
def test_options_of_a_checkpoint_without_one_are_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    verb = ("block", "inception_resnet_v1", "block_a.0", "--set=input_size=96", *words.split())
    assert "name one with --weights" in refused(capsys, *verb)


def test_a_verb_of_the_lab_says_what_it_made_of_a_checkpoint(
    state: State, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"state_dict": under("module.", state), "ema": under("module.", state), "epoch": 3}, file)
    short = [f"--set={name}={value}" for name, value in {"a": 1, "b": 0, "c": 0, "input_size": 96}.items()]
    verb = ["block", FACENET, "block_a.0", *short, "--weights", str(file), "--ema", "--body", "--format", "json"]
    assert main(verb) == 0
    out, err = capsys.readouterr()
    assert "weights loaded from mine.pt, in the layout of facenet-pytorch, but for the classifier, untrained" in out
    assert "taken from 'ema'" in err
    assert "untouched: classifier.weight and classifier.bias" in err


@pytest.mark.parametrize(
    "knobs", [{"a": 1, "b": 0, "c": 0}, {"a": 7}, {"b": 2, "classes": 4, "channels": 1, "input_size": 160}]
)
def test_a_file_of_ours_is_identified_with_its_numbers_of_blocks(knobs: dict[str, int], meta: Meta, file: Path) -> None:
    spec = network(FACENET, **knobs)
    torch.save({"net": under("module.", hollow(dict(meta(spec).state_dict())))}, file)
    found = identify(file)
    assert (found.exact, found.preset, found.classes) == (True, FACENET, knobs.get("classes", 8631))
    made = irnet.network(FACENET, *found.edits, channels=found.channels or 3)
    assert [stage.repeat for stage in made.stages] == [stage.repeat for stage in spec.stages]
    assert not identify(file, FACENET).exact
