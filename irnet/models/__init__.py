"""The networks as data, named as timm names them: architecture.tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from irnet.models import inception_resnet, inception_v3, inception_v4
from irnet.models.derived import why_not
from irnet.models.edits import MOST, Edit, edit_place, parse, plain, shorten, with_stem
from irnet.models.recipe import Recipe, knobs
from irnet.spec import Network, Stage
from irnet.units import typed

PRESETS: Mapping[str, Recipe] = MappingProxyType(
    {
        "inception_v4.paper": inception_v4.PAPER,
        "inception_v4.tf_slim": inception_v4.TF_SLIM,
        "inception_resnet_v1.paper": inception_resnet.V1_PAPER,
        "inception_resnet_v1.facenet": inception_resnet.V1_FACENET,
        "inception_resnet_v2.paper": inception_resnet.V2_PAPER,
        "inception_resnet_v2.tf_slim": inception_resnet.V2_SLIM,
        "inception_v3.tf_slim": inception_v3.TF_SLIM,
        "inception_v3.torchvision": inception_v3.TORCHVISION,
    }
)


def full_name(name: str) -> str:
    """The preset that `name` means: itself, or a bare architecture's `.paper` (else its `.tf_slim`).

    Raises
    ------
    ValueError
        Naming the unknown name, near matches and all presets.

    Examples
    --------
    >>> full_name("inception_v4"), full_name("inception_v3")
    ('inception_v4.paper', 'inception_v3.tf_slim')
    """
    for candidate in (name, f"{name}.paper", f"{name}.tf_slim"):
        if candidate in PRESETS:
            return candidate
    near = get_close_matches(name, PRESETS, n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    raise ValueError(f"no network is called '{typed(name)}'{hint} All names: {', '.join(PRESETS)}")


def network(name: str, /, *edits: str, **changes: Any) -> Network:
    """The network of a preset, with its knobs changed and its places edited where asked.

    Parameters
    ----------
    name
        A key of `PRESETS`, or a bare architecture name.
    *edits
        Edits as text, in order, as `irnet.models.edits` describes them: "inception_b.0.b1.filters=200".
    **changes
        Knobs of the preset's recipe, such as `classes`, `dropout`, `input_size` (pixels, or (height, width)).

    Raises
    ------
    ValueError
        For an unknown name, knob or place (with near matches), or a value outside its limits.

    Examples
    --------
    >>> network("inception_v4", a=6).stages[1].repeat
    6
    >>> network("inception_v4", "stem=inception_v3.tf_slim").label
    'inception_v4.paper (stem=inception_v3.tf_slim)'
    """
    full = full_name(name)
    knob_edits = tuple(Edit("", knob, value) for knob, value in changes.items())
    return apply(network_of_recipe(full, PRESETS[full]), (*(parse(PRESETS[full], text) for text in edits), *knob_edits))


def network_of_label(label: str) -> Network:
    """The network that a label names, written as `Network.label` writes it; the brackets may be left out.

    Raises
    ------
    ValueError
        For an unknown name, knob or place, or a value outside its limits.

    Examples
    --------
    >>> network_of_label("inception_v4.paper (a=6, input_size=224x320)").edits
    'input_size=224x320, a=6'
    """
    name, _, edits = label.strip().partition(" ")
    full = full_name(name)
    return apply(
        network_of_recipe(full, PRESETS[full]), edits_of(full, edits.strip().removeprefix("(").removesuffix(")"))
    )


def edits_of(name: str, text: str) -> tuple[Edit, ...]:
    """The edits that a text says of a preset, such as `Network.edits`; commas separate them.

    Raises
    ------
    ValueError
        If one of them is none, or they are too many.
    """
    texts = [part for part in text.split(",") if part.strip()]
    if len(texts) > MOST:
        raise ValueError(f"{len(texts)} edits are too many; a network takes {MOST}")
    return tuple(parse(PRESETS[name], part) for part in texts)


def apply(network: Network, edits: Sequence[Edit]) -> Network:
    """`network` with more edits: knobs first, then the places in the order of the edits.

    Raises
    ------
    ValueError
        If the network is not made of a preset, the edits are too many, or one of them is refused: the message names
        its place, value and limits. Whether the whole still fits together, `resolve` says.

    Examples
    --------
    >>> edit_recipe = apply(network("inception_v4", a=6), (Edit("inception_b.0.b1", "filters", 200),))
    >>> edit_recipe.edits
    'a=6, inception_b.0.b1.filters=200'
    """
    if network.name not in PRESETS:
        raise ValueError(f"{network.name} is no preset, and only what is made of one can be edited")
    every = (*edits_of(network.name, network.edits), *edits)
    if len(every) > MOST:
        raise ValueError(f"{len(every)} edits are too many; a network takes {MOST}")
    recipe = edit_recipe(network.name, {edit.what: edit.value for edit in every if edit.is_knob})
    made = network_of_recipe(network.name, recipe)
    places = shorten([edit for edit in every if not edit.is_knob])
    for edit in places:
        made = _apply_to_places(made, edit) if edit.where else with_stem(made, stem_of(str(edit.value), recipe.width))
    return replace(made, edits=", ".join(filter(None, (made.edits, *(edit.text for edit in places)))))


def _apply_to_places(network: Network, edit: Edit) -> Network:
    try:
        return edit_place(network, edit)
    except ValueError as error:
        raise ValueError(why_not(network, edit) or str(error)) from None


def stem_of(name: str, width: float = 1.0) -> Stage:
    """The stem of a preset, with its filters times `width`.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    full = full_name(name)
    return network_of_recipe(full, edit_recipe(full, {"width": width})).stages[0]


def recipe_of(network: Network) -> Recipe:
    """The recipe of a network that was made from a preset, with its knobs; edits of places are no knobs."""
    knob_edits = (edit for edit in edits_of(network.name, network.edits) if edit.is_knob)
    return edit_recipe(network.name, {edit.what: edit.value for edit in knob_edits})


def edit_recipe(name: str, changes: Mapping[str, Any]) -> Recipe:
    """The recipe of a preset with `changes` to its knobs.

    Raises
    ------
    ValueError
        For an unknown knob or a value outside its limits.
    """
    preset = PRESETS[name]
    have = knobs(preset)
    for knob in changes:
        if knob not in have:
            near = get_close_matches(knob, have, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise ValueError(f"{name} has no knob '{typed(knob)}'{hint} Its knobs: {', '.join(have)}")
    try:
        return replace(preset, **changes)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def network_of_recipe(name: str, recipe: Recipe) -> Network:
    """The network of a recipe, labelled with the knobs that differ from the preset of that name.

    Examples
    --------
    >>> network_of_recipe("inception_v4.paper", edit_recipe("inception_v4.paper", {"a": 6, "b": 7})).label
    'inception_v4.paper (a=6)'
    """
    have = knobs(PRESETS[name])
    differing = {knob: value for knob, value in knobs(recipe).items() if value != have[knob]}
    return recipe.network(name, ", ".join(f"{knob}={plain(value)}" for knob, value in differing.items()))
