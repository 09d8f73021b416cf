"""A network that somebody else wrote, held against a preset: every difference, in the words of the paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from irnet.models import PRESETS, title
from irnet.models import network as preset
from irnet.opening.distance import align_steps, apart, match_branches, settings_apart
from irnet.opening.graph import CONCAT, Graph, Operation, Setting
from irnet.opening.normal_form import normal_form
from irnet.opening.preset import steps_of
from irnet.opening.tree import Merge, Part, Steps, Tangle, parts, tree
from irnet.opening.words import LINEAR, describe_linear, describe_part, describe_setting, write
from irnet.spec import Conv, Network, Pool, Source
from irnet.tree import Box, resolve, smallest_input
from irnet.tree.labels import describe_operation
from irnet.tree.paths import first_block, name_of, parent_of, steps_in_block
from irnet.units import exact, short

STRANGER = 0.5  # so far apart, two networks are not called near
PORT = 0.25  # so near, one is another way to write the other, with slips


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs from the preset, in one block or in several blocks alike."""

    path: str  # of the box in the preset, or of the one before it where the preset has nothing there
    theirs: str  # the author's module; "" where nothing is there
    field: str  # "kernel", "padding", ...; "layer" where only one of the two has something
    here: Setting  # in the opened network
    there: Setting  # in the preset
    figure: str  # what the place in the preset comes from
    blocks: tuple[int, ...] = ()  # numbers from 1 of the blocks that differ so, where there are several
    harmless: bool = False  # whether no output changes
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody else's network is, and where it differs from the nearest preset or the one asked for."""

    source: str
    nearest: str
    asked: bool  # whether the preset was asked for, rather than found
    differences: tuple[Difference, ...]
    params: int
    macs: int
    irreducible: int  # parts that are no tree of branches
    apart: float  # 0 is equal, 1 has nothing in common

    @property
    def equal(self) -> bool:
        """Whether no number of an output differs."""
        return all(found.harmless for found in self.differences)

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        sizes = f"{exact(self.params)} parameters, {short(self.macs, 'MAC')}"
        if not self.differences:
            return f"{self.source} is {title(self.nearest)}: no difference ({sizes})."
        kind = "that change no output " if self.equal else ""
        many = len(self.differences)
        what = f"{many} difference{'' if many == 1 else 's'} {kind}".strip()
        nearest = "is held against" if self.asked else "is nearest to"
        if not self.asked and self.apart > STRANGER:
            nearest = "is none of the networks here; the nearest is"
        return f"{self.source} {nearest} {title(self.nearest)}: {what} ({sizes})."

    def record(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "source": self.source,
            "nearest": {"name": self.nearest, "differences": len(self.differences)},
            "changes": [
                {
                    "path": found.path,
                    "theirs": found.theirs,
                    "field": found.field,
                    "here": found.here,
                    "there": found.there,
                    "figure": found.figure,
                    "blocks": list(found.blocks),
                    "harmless": found.harmless,
                    "sentence": found.sentence,
                }
                for found in self.differences
            ],
            "params": self.params,
            "macs": self.macs,
            "irreducible": self.irreducible,
        }


def compare_with_preset(graph: Graph, against: Network | None = None) -> Report:
    """Hold a graph against a network; without one, against the preset that it differs least from.

    Classes and the size of the picture are taken from the graph.

    Examples
    --------
    >>> from irnet.runtime.build import build
    >>> from irnet.runtime.trace import trace
    >>> from irnet.models import network
    >>> small = network("inception_resnet_v1", a=1, b=1, c=1)
    >>> graph = trace(build(network("inception_resnet_v1", a=1, b=1, c=1, scale_b=0.3), "meta"))
    >>> [found.sentence for found in compare_with_preset(graph, small).differences]
    ['Inception-ResNet-B, scale: scales by 0.3; the preset by 0.1']
    """
    theirs = _logits(normal_form(tree(graph)))
    best = _fit(against, graph, theirs) if against else _best(graph, theirs)
    ours = steps_of(best)
    return Report(
        source=graph.name,
        nearest=best.label,
        asked=against is not None,
        differences=tuple(_group(best, _differences(best, theirs, ours))),
        params=sum(operation.params for operation in graph.operations),
        macs=sum(operation.macs for operation in graph.operations),
        irreducible=sum(1 for part in parts(theirs) if isinstance(part, Tangle)),
        apart=_share(theirs, ours),
    )


def _logits(steps: Steps) -> Steps:
    """Steps without a softmax at the end, which Keras puts into the network and PyTorch into the loss."""
    return steps[:-1] if len(steps) > 1 and isinstance(steps[-1], Operation) and steps[-1].kind == "softmax" else steps


def nearest_preset(graph: Graph, steps: Steps) -> Network | None:
    """The preset that a graph, whose steps these are, differs least from; None where that is more than a port would.

    Classes and the size of the picture are taken from the graph.
    """
    best = _best(graph, steps)
    return best if _share(steps, steps_of(best)) <= PORT else None


def _best(graph: Graph, steps: Steps) -> Network:
    fitted = [_fit(preset(name), graph, steps) for name in PRESETS]
    return min(fitted, key=lambda found: apart(steps, steps_of(found)))


def _share(theirs: Steps, ours: Steps) -> float:
    """How far two networks are apart: 0 is equal, 1 has nothing in common."""
    return apart(theirs, ours) / (apart(theirs, ()) + apart((), ours))


def _fit(network: Network, graph: Graph, theirs: Steps) -> Network:
    """A network with the classes and the input of a graph; with its own input, where that of the graph is too small."""
    last = next((part for part in reversed(theirs) if isinstance(part, Operation) and part.kind == "linear"), None)
    classes = last.setting("features") if last and last.setting("norm") is None else 0
    found = replace(network, head=replace(network.head, classes=cast("int", classes)))
    least = smallest_input(found)
    return replace(found, input_shape=graph.input_shape) if min(graph.input_shape[1:]) >= least else found


def _differences(network: Network, theirs: Steps, ours: Steps, near: str = "") -> Iterator[Difference]:
    """What differs between two sequences; `near` is the path of what the preset has around or before them."""
    for i, j in align_steps(theirs, ours):
        here, there = (theirs[i] if i is not None else None), (ours[j] if j is not None else None)
        near = _module(there) or near
        if here is None or there is None or not _alike(here, there):
            yield _difference(network, near, here, there)
        elif isinstance(here, Operation) and isinstance(there, Operation):
            for name in settings_apart(here, there):
                if name not in _implied(here, there):
                    yield _setting(network, near, name, here, there)
        elif isinstance(here, Merge) and isinstance(there, Merge):
            yield from _merge_differences(network, here, there)


def _merge_differences(network: Network, here: Merge, there: Merge) -> Iterator[Difference]:
    pairs = match_branches(here.branches, there.branches)
    for i, j in pairs:
        branch = there.branches[j] if j is not None else ()
        near = _module(branch[0]) if branch else parent_of(there.module)
        yield from _differences(network, here.branches[i] if i is not None else (), branch, near)
    order = [j for _, j in pairs if j is not None]
    if here.how == CONCAT and None not in [i for i, _ in pairs] and order != sorted(order):
        numbers = ", ".join(str(j + 1) for j in order)
        said = f"branches are concatenated in the order {numbers} of the preset's"
        yield _difference_at(network, there.module, here.module, "order", numbers, "as drawn", said)


def _implied(here: Operation, there: Operation) -> set[str]:
    """Settings that differ because another one does: the padding of another kernel, a bias that a batch norm holds."""
    found = set()
    if here.kind == "conv":
        windows = ((part.setting("kernel"), part.setting("padding")) for part in (here, there))
        same = all(edges == tuple(side // 2 for side in cast("tuple[int, int]", kernel)) for kernel, edges in windows)
        found |= {"padding"} if same and here.setting("kernel") != there.setting("kernel") else set()
        found |= {"bias"} if here.setting("norm") is not None and not here.setting("bias") else set()
    return found


def _alike(here: Part, there: Part) -> bool:
    """Whether two parts are one thing with other settings, rather than two things."""
    if isinstance(here, Operation) and isinstance(there, Operation):
        return here.kind == there.kind
    return isinstance(here, Merge) and isinstance(there, Merge) and here.how == there.how


def _module(part: Part | None) -> str:
    return part.module if isinstance(part, Operation | Merge) else ""


def _difference(network: Network, near: str, here: Part | None, there: Part | None) -> Difference:
    """Something that only one of the two has, or one thing in another's place."""
    found, wanted = (describe_part(part) if part else "" for part in (here, there))
    if here is None:
        what = LINEAR if name_of(near) == "project" else f"the {wanted}"
        said = f"{what} is missing"
    elif there is None:
        where = "on the sum" if near and name_of(near) == "add" else "besides"
        said = f"has a {found} {where}".replace("a average", "an average")
        if isinstance(here, Operation) and here.kind in ("avg_pool", "max_pool") and "body" in steps_in_block(near):
            said += "; inside residual blocks pooling is replaced by the shortcut"
    else:
        said = f"has a {found} in the place of the {wanted}"
    return _difference_at(network, near, _module(here), "layer", found or None, wanted or None, said)


def _setting(network: Network, path: str, name: str, here: Operation, there: Operation) -> Difference:
    """One setting of a layer that both have; a bias in front of a batch norm is taken away by its mean."""
    theirs, ours = here.setting(name), there.setting(name)
    harmless = name == "bias" and bool(theirs) and here.setting("norm") is not None
    describe = describe_linear if name_of(path) == "project" else describe_setting
    said = describe(name, theirs, ours) + (", and batch norm takes it away" if harmless else "")
    return _difference_at(network, path, here.module, name, theirs, ours, said, harmless)


def _difference_at(
    network: Network,
    path: str,
    theirs: str,
    name: str,
    here: Setting,
    there: Setting,
    said: str,
    harmless: bool = False,
) -> Difference:
    source = _source(network, path)
    number = rf"\b{write(here)}\b"
    printed = [erratum.id for erratum in source.errata if name == "filters" and re.search(number, erratum.printed)]
    sentence = f"{said}, as the paper prints it ({', '.join(printed)})" if printed else said
    return Difference(
        path=path,
        theirs=theirs,
        field=name,
        here=here,
        there=there,
        figure=source.ref,
        harmless=harmless,
        sentence=sentence,
    )


def _source(network: Network, path: str) -> Source:
    tree_ = resolve(network)
    return tree_[path].source if path in tree_ else network.source


def _group(network: Network, found: Iterator[Difference]) -> Iterator[Difference]:
    """Equal differences of several blocks as one, with the place in words in front."""
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for one in found:
        groups.setdefault((first_block(one.path), one.field, one.here, one.there, one.sentence), []).append(one)
    for same in groups.values():
        yield _with_place(network, same)


def _with_place(network: Network, same: Sequence[Difference]) -> Difference:
    boxes, first = resolve(network), same[0]
    where, blocks = "Before everything else", tuple[int, ...]()
    if first.path in boxes:
        where, stage = _place(boxes[first.path]), boxes[first.path].stage
        repeated = next((found for found in network.stages if found.name == stage and found.repeat > 1), None)
        if repeated:
            blocks = tuple(boxes[one.path].block + 1 for one in same)
            where = re.sub(rf"{re.escape(repeated.title)} \d+ of \d+", f"{repeated.title} {_runs(blocks)}", where)
    return replace(first, blocks=blocks, sentence=f"{where}: {first.sentence}")


MERGES = {"project": "linear 1x1", "scale": "scale", "add": "sum", "concat": "concatenation"}


def _place(box: Box) -> str:
    """Where a box stands, the outermost first: "Inception-C 2 of 3, branch 4 of 4, step 1 of 2"."""
    label = box.aria_label
    if isinstance(box.node, Conv | Pool):
        label = label.removeprefix(f"{describe_operation(box.node)}, ")
    elif box.op in MERGES:
        label = f"{MERGES[box.op]}, {label.removeprefix(f'{box.title}, ')}"
    inward = re.split(r", | of (?=branch|step|[A-Z])", label)
    return ", ".join(reversed(inward))


def _runs(numbers: Sequence[int]) -> str:
    """Numbers with what follows on as a run: "1 to 3 and 7"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
