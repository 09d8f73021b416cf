"""Keys of checkpoints: against lists of the keys that other implementations really have, and back to the boxes."""

from __future__ import annotations

import pytest

from irnet.checkpoints import LAYOUTS, find, keys, layouts_of, module_keys
from irnet.edit import network_of_label
from irnet.models import PRESETS, network
from irnet.spec import Network
from irnet.tree import resolve
from tests.checkpoints import stored
from tests.conftest import Meta

V4, V2, V1 = "inception_v4.tf_slim", "inception_resnet_v2.tf_slim", "inception_resnet_v1.facenet"
V3, V3_TORCHVISION = "inception_v3.tf_slim", "inception_v3.torchvision"
SLIM = {"inception_v4": V4, "inception_resnet_v2": V2, "inception_v3": V3, "facenet": V1}
LISTED: dict[str, tuple[str, str, dict[str, int]]] = {
    "inception_v4": (V4, "timm", {}),
    "inception_resnet_v2": (V2, "timm", {}),
    "facenet_v1": (V1, "facenet_pytorch", {"classes": 0}),
    "facenet_v1_classify8631": (V1, "facenet_pytorch", {}),
    "torchvision_inception_v3": (V3_TORCHVISION, "torchvision", {"auxiliary": True}),
    "torchvision_googlenet": ("googlenet.torchvision", "torchvision", {"auxiliary": True}),
    "torchvision_resnet50": ("resnet_50.torchvision", "torchvision", {}),
    "torchvision_resnext50": ("resnext_50.torchvision", "torchvision", {}),
    "timm_xception": ("xception.timm", "timm", {}),
    "cadene_bninception": ("bn_inception.cadene", "cadene", {}),
}
KERAS = {V2: stored("golden_keras_inception_resnet_v2"), V3: stored("golden_keras_inception_v3")}


def shapes(spec: Network, meta: Meta) -> dict[str, list[int]]:
    return {key: list(tensor.shape) for key, tensor in meta(spec).state_dict().items()}


def listed_keys(listed: str) -> dict[str, list[int]]:
    """What a port lists, its auxiliary heads last."""
    shapes: dict[str, list[int]] = stored(f"manifest_{listed}")["state_dict"]
    return dict(sorted(shapes.items(), key=lambda one: one[0].lower().startswith("aux")))


@pytest.mark.parametrize("listed", LISTED)
def test_every_key_and_shape_of_a_port_is_named_and_paired_as_execution_order_pairs_it(listed: str, meta: Meta) -> None:
    preset, layout, knobs = LISTED[listed]
    spec = network(preset, **knobs)
    ours = shapes(spec, meta)
    assert {name: ours[key] for key, name in keys(spec, layout).items()} == listed_keys(listed)
    if listed != "timm_xception":  # where shortcuts are registered first and run last; the golden has what they put out
        assert dict(keys(spec, layout)) == dict(zip(ours, listed_keys(listed), strict=True))


@pytest.mark.parametrize("name", PRESETS)
def test_our_own_layout_is_the_state_dict(name: str, meta: Meta) -> None:
    spec = network(name)
    assert dict(keys(spec, "irnet")) == {key: key for key in shapes(spec, meta)}


@pytest.mark.parametrize("name", KERAS)
def test_keras_layers_have_the_names_and_shapes_of_keras_and_keras_3_counts_the_same(name: str, meta: Meta) -> None:
    spec = network(name)
    ours, layers = shapes(spec, meta), KERAS[name]["layers"]
    listed = {f"{layer}/{tensor}": shape for layer, _, held in layers for tensor, shape in held.items()}
    names, positions = keys(spec, "keras"), keys(spec, "keras_v3")
    theirs = {name: ours[key] for key, name in names.items()}
    assert {name: (s[2:] + s[1::-1]) if len(s) > 1 else s for name, s in theirs.items()} == listed
    pairs = {(names[key].split("/")[0], positions[key].split("/")[1]) for key in names}
    assert pairs == {(layer, position) for layer, position, _ in layers}


@pytest.mark.parametrize("listed", SLIM)
def test_variables_of_tf_slim_and_facenet_have_the_names_shapes_and_order_of_their_code(
    listed: str, meta: Meta
) -> None:
    """With the auxiliary heads, wherever they are made."""
    preset, variables = SLIM[listed], stored(f"manifest_tf_slim_{listed}")["variables"]
    heads = {} if listed == "facenet" else {"auxiliary": True}
    spec = network(preset, classes=8631 if listed == "facenet" else 1001, **heads)
    ours, layout = shapes(spec, meta), LAYOUTS["tf_slim"]
    theirs = {
        name: list(layout.stored_shape(preset, key, (*ours[key],))) for key, name in keys(spec, "tf_slim").items()
    }
    both = [sorted(names.items(), key=lambda one: "/AuxLogits/" in one[0]) for names in (theirs, variables)]
    assert both[0] == both[1]


def test_edits_do_not_change_the_names_of_variables() -> None:
    spec = network_of_label(f"{V2} (block_b.0.body.b1.1.kernel=1x5)")
    assert keys(spec, "tf_slim")["block_b.0.body.b1.1.conv.weight"].endswith("Branch_1/Conv2d_0b_1x7/weights")


def test_cadene_calls_both_heads_last_linear_and_an_edited_network_keeps_the_numbering_of_its_port() -> None:
    assert {keys(network(name), "cadene")["classifier.bias"] for name in (V4, V2)} == {"last_linear.bias"}
    found = keys(network(V4, a=5), "timm")
    assert found["inception_a.4.b0.conv.weight"] == "features.10.branch0.conv.weight"
    assert found["reduction_a.0.b0.conv.weight"] == "features.11.branch0.conv.weight"


def test_a_layout_without_a_checkpoint_of_the_network_is_refused_with_those_that_have_one() -> None:
    told = r"^inception_v4\.tf_slim has no checkpoint layout 'keras'; it has irnet, timm"
    with pytest.raises(ValueError, match=told):
        keys(network(V4), "keras")


@pytest.mark.parametrize("name", PRESETS)
def test_the_prefixes_of_a_box_hold_its_tensors_and_every_key_finds_its_innermost_box(name: str) -> None:
    spec = network(name)
    paths = ("stem", "classifier", *(stage.name for stage in spec.stages), *list(resolve(spec))[::97])
    for layout in layouts_of(spec):
        names = keys(spec, layout.name)
        for path in paths:
            inside = {theirs for ours, theirs in names.items() if ours.startswith(f"{path}.")}
            under = module_keys(spec, path).get(layout.name, ())
            marks = tuple(f"{prefix}{mark}" for prefix in under for mark in "./")
            held = {theirs for theirs in names.values() if theirs in under or theirs.startswith(marks)}
            assert held == inside, (layout.name, path)
        for ours, theirs in list(names.items())[::3]:
            around = [path for path in resolve(spec) if ours.startswith(f"{path}.")]
            assert find(spec, theirs) == max(around, key=len), (layout.name, theirs)


@pytest.mark.parametrize(
    ("name", "path", "layout", "told"),
    [
        (V2, "block_b.3", "timm", ("repeat_1.3",)),
        (V1, "block_b.3", "facenet_pytorch", ("repeat_2.3",)),
        (V2, "block_b.3.project", "keras", ("block17_4_conv",)),
        (V2, "block8", "keras", ("conv2d_199", "batch_normalization_199", "conv2d_200")),
        (V4, "inception_a", "timm", ("features.6", "features.7", "features.8", "features.9")),
        (V4, "inception_c.0.b1.1.b0", "timm", ("features.19.branch1_1a",)),
        (V1, "embedding", "facenet_pytorch", ("last_linear", "last_bn")),
        (V3_TORCHVISION, "mixed_7b.0.b2.2.b1", "torchvision", ("Mixed_7b.branch3x3dbl_3b",)),
        (V3_TORCHVISION, "mixed_6e.0.b3", "torchvision", ("Mixed_6e.branch_pool",)),
        (V2, "block_b.3.body.b1.2", "tf_slim", ("InceptionResnetV2/Repeat_1/block17_4/Branch_1/Conv2d_0c_7x1",)),
        (V3, "mixed_7b.0.b1", "tf_slim", ("InceptionV3/Mixed_7b/Branch_1",)),
        (V1, "embedding", "tf_slim", ("InceptionResnetV1/Bottleneck",)),
    ],
)
def test_a_box_shows_where_its_weights_are(name: str, path: str, layout: str, told: tuple[str, ...]) -> None:
    assert module_keys(network(name), path)[layout][: len(told)] == told


def test_a_box_without_weights_has_no_keys_and_an_unknown_one_is_refused() -> None:
    assert module_keys(network(V4), "pool") == {}
    with pytest.raises(KeyError, match=r"has no box 'block_z'"):
        module_keys(network(V2), "block_z")


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        (V2, 'Missing key(s) in state_dict: "repeat_1.3.branch1.1.conv.weight".', "block_b.3.body.b1.1.conv"),
        (V1, 'Missing key(s) in state_dict: "repeat_1.3.branch1.1.conv.weight".', "block_a.3.body.b1.1.conv"),
        (V2, "size mismatch for module.classif.weight: copying a param", "classifier"),
        (V4, "model.features.19.branch1_1a", "inception_c.0.b1.1.b0"),
        (V2, "repeat_2", "block_c"),
        (V2, 'Missing key(s) in state_dict: "block8.conv2d.bias", "repeat.0.branch2.1.bn.weight"', "block8.0.project"),
        (V2, "block35_1_conv/kernel:0", "block_a.0.project"),
        (V1, "last_linear.weight", "embedding"),
        (V4, "inception_b.6.b2", "inception_b.6.b2"),
        ("inception_v4", "stem.0.0.conv.weight", "stem.0.0.conv"),
        (V4, "InceptionV4/Mixed_7c/Branch_1/Conv2d_0b_1x3/weights:0", "inception_c.1.b1.1.b0.conv"),
        (V4, "Key Mixed_6h/Branch_2/Conv2d_0e_1x7/BatchNorm/beta not found in checkpoint", "inception_b.6.b2.4.bn"),
        (V2, "InceptionResnetV2/Repeat_1/block17_20/Conv2d_1x1/biases", "block_b.19.project"),
        (V2, "block8_10_ac", "block8.0"),
        (V2, "block17_3_mixed", "block_b.2"),
        (V3, "mixed10", "mixed_7c.0"),
        (V3, "Mixed_7c.branch_pool", "mixed_7c.0.b3.1"),
        (V3_TORCHVISION, "mixed10", "mixed_7c.0"),
        (V3_TORCHVISION, "InceptionV3/Mixed_6a/Branch_0/Conv2d_1a_1x1", "mixed_6a.0.b0"),
    ],
)
def test_a_pasted_text_finds_its_box(name: str, text: str, path: str) -> None:
    assert find(network(name), text) == path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("repeat_1.3.branch2.0.conv.weight", r"but one of inception_resnet_v1\.facenet$"),
        ("features.19.branch1_1a.conv.weight", r"but one of inception_v4\.tf_slim$"),
        ("mixed_5c.branch0.conv.weight", r"in any layout; the nearest is 'mixed_5b\.branch0\.conv\.weight'$"),
        ("the weights do not load", r"^'the' is no key"),
        ("x" * 10**6, r"^'x{200}' is no key"),
        ("???", r"^there is no key in '\?\?\?'$"),
    ],
)
def test_a_text_without_a_key_of_the_network_gets_one_sentence(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        find(network(V2), text)
