"""Every difference between somebody's network and one of ours, in the words of the paper.

Parts that stand for each other are aligned; what differs is said of a block, and once for all blocks and layers that
differ alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, permutations
from typing import cast

from irnet.opening.distance import align_steps, apart, match_branches, settings_apart, size
from irnet.opening.graph import ADD, CONCAT, Operation, Setting
from irnet.opening.tree import Merge, Part, Steps, parts
from irnet.opening.words import LINEAR, composition, describe_linear, describe_part, describe_setting, write
from irnet.spec import Conv, Network, Pool
from irnet.tree import Box, resolve
from irnet.tree.labels import describe_operation
from irnet.tree.paths import first_block, name_of, outer, parent_of, stage_of, steps_in_block

FEW = 4  # places that are listed one by one, and parts that are named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs from the preset, in one place or in several places alike."""

    path: str  # of the box in the preset, or of the one before it where the preset has nothing there; the first of many
    theirs: str  # the author's module; "" where nothing is there
    field: str  # "kernel", "padding", ...; "layer" where only one of the two has something, "blocks" for their number
    here: Setting  # in the opened network
    there: Setting  # in the preset
    figure: str  # what the place in the preset comes from
    blocks: tuple[int, ...] = ()  # numbers from 1 of the blocks that differ so, where there are several
    harmless: bool = False  # whether no output changes
    sentence: str = ""


def differences(network: Network, theirs: Steps, ours: Steps) -> tuple[Difference, ...]:
    """What differs in `theirs` from `ours`, which are the steps of `network`; both in normal form.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.opening.preset import steps_of
    >>> one, two = (network("inception_resnet_v1", a=2, b=1, c=1, scale_a=scale) for scale in (0.1, 0.2))
    >>> [found.sentence for found in differences(one, steps_of(two), steps_of(one))]
    ['Inception-ResNet-A 1 to 2, scale: scales by 0.2; the preset by 0.1']
    """
    return _Comparison(network, ours).differences(theirs)


class _Comparison:
    """One network held against one of ours, and what is known of ours for that."""

    def __init__(self, network: Network, ours: Steps) -> None:
        self.network, self.ours, self.boxes = network, ours, resolve(network)
        stages = groupby(ours, lambda part: stage_of(_module(part)))
        self.blocks = {  # of each stage, the steps of a block
            name: tuple(next(groupby(steps, lambda part: self._block(_module(part))))[1]) for name, steps in stages
        }
        self.more: dict[str, int] = {}  # blocks of a stage that only one of the two has; below zero where it is ours
        self.owners: dict[str, str] = {}  # for each of their weights, the first place in ours that uses it

    def differences(self, theirs: Steps) -> tuple[Difference, ...]:
        found = list(self._steps(theirs, self.ours))
        found += [self._number_of_blocks(stage, more) for stage, more in self.more.items() if more]
        order = {path: at for at, path in enumerate(self.boxes)}
        said = self._said_once(_scattered(_moved(found)))
        return tuple(sorted(said, key=lambda one: order.get(one.path, -1)))

    def _block(self, path: str) -> str:
        box = self.boxes.get(path)
        return f"{box.stage}.{box.block}" if box else path

    def _steps(self, theirs: Steps, ours: Steps, near: str = "") -> Iterator[Difference]:
        """What differs between two sequences; `near` is the path of what the preset has around or before them."""
        written = [self._written_out(theirs, ours), self._written_out(ours, theirs)]
        yield from (self._branching(merge, near, ours=False) for merge in written[0][1])
        yield from (self._branching(merge, near, ours=True) for merge in written[1][1])
        theirs, ours = written[0][0], written[1][0]
        pairs = [(i if i is None else theirs[i], j if j is None else ours[j]) for i, j in align_steps(theirs, ours)]
        for (no_here, no_there), run in groupby(pairs, lambda pair: (pair[0] is None, pair[1] is None)):
            both = list(run)
            if no_there:
                yield from self._only_here([cast("Part", here) for here, _ in both], near)
            elif no_here:
                yield from self._only_there([cast("Part", there) for _, there in both])
            else:
                for here, there in both:
                    yield from self._pair(cast("Part", here), cast("Part", there))
            near = next((path for _, there in reversed(both) if (path := _module(there))), near)

    def _pair(self, here: Part, there: Part) -> Iterator[Difference]:
        """What differs between two parts that stand for each other."""
        path = _module(there)
        if isinstance(here, Operation) and isinstance(there, Operation) and here.kind == there.kind:
            yield from self._shared(path, here)
            for name in settings_apart(here, there):
                if name not in _implied(here, there):
                    yield self._setting(path, name, here, there)
        elif isinstance(here, Merge) and isinstance(there, Merge) and here.how == there.how:
            yield from self._merge(here, there)
        else:
            found, wanted = describe_part(here), describe_part(there)
            said = f"has {_article(found)} in the place of the {wanted}"
            yield self._difference(path, _module(here), "layer", found, wanted, said)

    def _merge(self, here: Merge, there: Merge) -> Iterator[Difference]:
        pairs = match_branches(here.branches, there.branches)
        for i, j in pairs:
            branch = there.branches[j] if j is not None else ()
            near = _module(branch[0]) if branch else parent_of(there.module)
            if i is None or j is None:
                yield self._branch(here.branches[i] if i is not None else branch, near, only_here=j is None)
            else:
                yield from self._steps(here.branches[i], branch, near)
        order = [j for _, j in pairs if j is not None]
        if here.how == CONCAT and None not in [i for i, _ in pairs] and order != sorted(order):
            numbers = ", ".join(str(j + 1) for j in order)
            said = f"branches are concatenated in the order {numbers} of the preset's"
            yield self._difference(there.module, here.module, "order", numbers, "as drawn", said)

    def _branch(self, steps: Steps, near: str, *, only_here: bool) -> Difference:
        """A branch that only one of the two has."""
        what = ", ".join(map(describe_part, steps)) if len(steps) <= FEW else composition(steps)
        what = what or "the input itself"
        theirs = _module(steps[0]) if steps and only_here else ""
        said = f"has a branch more: {what}" if only_here else f"this branch is missing: {what}"
        return self._difference(near, theirs, "branch", what if only_here else None, None if only_here else what, said)

    def _only_here(self, run: Sequence[Part], near: str) -> Iterator[Difference]:
        """Parts one after another that the preset has not: blocks more of a stage, or layers."""
        while block := self._first_block(run):
            stage, many = block
            self.more[stage] = self.more.get(stage, 0) + 1
            run = run[many:]
        where = "on the sum" if near and name_of(near) == "add" else "besides"
        if len(run) > FEW:
            what = composition(tuple(run))
            yield self._difference(near, _module(run[0]), "layer", what, None, f"has {len(run)} steps more: {what}")
            return
        for here in run:
            found = describe_part(here)
            said = f"has {_article(found)} {where}"
            if isinstance(here, Operation) and here.kind in ("avg_pool", "max_pool") and "body" in steps_in_block(near):
                said += "; inside residual blocks pooling is replaced by the shortcut"
            if isinstance(here, Operation) and "softmax" in here.kind:
                said += "; the preset puts out logits"
            yield self._difference(near, _module(here), "layer", found, None, said)

    def _first_block(self, run: Sequence[Part]) -> tuple[str, int] | None:
        """The stage of which a run begins with a block, and how many parts that is."""
        found = []
        for stage, block in self.blocks.items():
            begins = tuple(run[: len(block)])
            whole = sum(map(size, block))
            if whole > 1 and len(begins) == len(block) and (cost := apart(begins, block)) < whole / 2:
                found.append((cost, stage, len(block)))
        return min(found)[1:] if found else None

    def _only_there(self, run: Sequence[Part]) -> Iterator[Difference]:
        """Parts one after another that the opened network has not: blocks of a stage, or layers."""
        for block, group in groupby(run, lambda part: self._block(_module(part))):
            gone = list(group)
            stage = stage_of(block)
            if len(gone) == len(self.blocks.get(stage, ())) and sum(map(size, gone)) > 1:
                self.more[stage] = self.more.get(stage, 0) - 1
            elif len(gone) > FEW:
                what, path = composition(tuple(gone)), _module(gone[0])
                yield self._difference(path, "", "layer", None, what, f"{len(gone)} steps are missing: {what}")
            else:
                for there in gone:
                    wanted, path = describe_part(there), _module(there)
                    what = LINEAR if name_of(path) == "project" else f"the {wanted}"
                    yield self._difference(path, "", "layer", None, wanted, f"{what} is missing")

    def _number_of_blocks(self, stage: str, more: int) -> Difference:
        repeat = next((found.repeat for found in self.network.stages if found.name == stage), 1)
        there, here = repeat, repeat + more
        has = f"has {here or 'no'} block{'' if here == 1 else 's'}; the preset has {there}"
        said = "is missing" if repeat == 1 and not here else has
        return self._difference(stage, "", "blocks", here, there, said)

    def _written_out(self, one: Steps, two: Steps) -> tuple[Steps, list[Merge]]:
        """`one` with those merges as a plain sequence whose branches `two` has one after another; and these merges."""
        pairs = align_steps(one, two)
        alone = {
            i
            for i, j in pairs
            if i is not None
            and isinstance(merge := one[i], Merge)
            and not (j is not None and isinstance(other := two[j], Merge) and other.how == merge.how)
        }
        if not alone or not any(isinstance(two[j], Operation | Merge) for _, j in pairs if j is not None):
            return one, []
        written: list[Part] = []
        merges = []
        for i, part in enumerate(one):
            if i in alone and isinstance(part, Merge) and (inner := _sequence(part)):
                written += inner
                merges.append(part)
            else:
                written.append(part)
        plain = tuple(written)
        if merges and 2 * (apart(plain, two) + len(merges)) <= apart(one, two):
            return plain, merges
        return one, []

    def _branching(self, merge: Merge, near: str, *, ours: bool) -> Difference:
        """That one of the two has a shortcut, or branches side by side, where the other has a sequence."""
        shortcut = merge.how == ADD
        if ours:
            path, theirs = merge.module, ""
            said = "the shortcut is missing" if shortcut else "runs one after another what the preset runs side by side"
        else:
            path, theirs = near, merge.module
            said = "has a shortcut" if shortcut else "runs side by side what the preset runs one after another"
        words = ("a shortcut", "none") if shortcut else ("side by side", "one after another")
        here, there = words[ours], words[not ours]
        return self._difference(path, theirs, "branches", here, there, said)

    def _shared(self, path: str, here: Operation) -> Iterator[Difference]:
        """Weights that stand at two places: one module, called twice."""
        for weight in here.weights:
            first = self.owners.setdefault(weight.key, path)
            if first != path:
                block, owner = self.boxes.get(self._block(path)), self.boxes.get(self._block(first))
                if block and owner and block is not owner:
                    said = f"has the weights of {owner.aria_label} once more; in the preset they are its own"
                    yield self._difference(block.path, here.module, "weights", owner.path, None, said)
                else:
                    said = f"has the weights of {first} once more; in the preset they are its own"
                    yield self._difference(path, here.module, "weights", first, None, said)
                return

    def _setting(self, path: str, name: str, here: Operation, there: Operation) -> Difference:
        """One setting of a layer that both have; a bias in front of a batch norm is taken away by its mean."""
        theirs, ours = here.setting(name), there.setting(name)
        harmless = name == "bias" and bool(theirs) and here.setting("norm") is not None
        describe = describe_linear if name_of(path) == "project" else describe_setting
        said = describe(name, theirs, ours) + (", and batch norm takes it away" if harmless else "")
        return self._difference(path, here.module, name, theirs, ours, said, harmless)

    def _difference(
        self, path: str, theirs: str, name: str, here: Setting, there: Setting, said: str, harmless: bool = False
    ) -> Difference:
        source = self.boxes[path].source if path in self.boxes else self.network.source
        linear = name == "filters" and name_of(path) == "project"
        printed = [e.id for e in source.errata if linear and re.search(rf"\b{write(here)}\b", e.printed)]
        return Difference(
            path=path,
            theirs=theirs,
            field=name,
            here=here,
            there=there,
            figure=source.ref,
            harmless=harmless,
            sentence=f"{said}, as the paper prints it ({', '.join(printed)})" if printed else said,
        )

    def _said_once(self, found: Sequence[Difference]) -> Iterator[Difference]:
        """Equal differences as one, with their place in words in front."""
        alike: dict[tuple[object, ...], dict[str, list[Difference]]] = {}
        for one in found:
            places = alike.setdefault((one.field, one.here, one.there, one.sentence), {})
            places.setdefault(first_block(one.path), []).append(one)
        for places in alike.values():
            if len(places) > FEW:
                yield self._everywhere([one for same in places.values() for one in same])
            else:
                yield from map(self._with_place, places.values())

    def _everywhere(self, same: Sequence[Difference]) -> Difference:
        """One difference of many places, with their number."""
        first = same[0]
        everywhere = len(same) == sum(
            isinstance(part, Operation)
            and first.field in dict(part.settings)
            and part.setting(first.field) == first.there
            for part in parts(self.ours)
        )
        where = f"Everywhere ({len(same)} layers)"
        if not everywhere:
            where = f"{self._with_place(same[:1]).sentence.partition(': ')[0]} and {len(same) - 1} more places"
        return replace(first, figure=self.network.source.ref, sentence=f"{where}: {first.sentence}")

    def _with_place(self, same: Sequence[Difference]) -> Difference:
        """One difference of the same place in several blocks."""
        first = same[0]
        where, blocks = "Before everything else", tuple[int, ...]()
        if first.path in self.boxes:
            box = self.boxes[first.path]
            where = _place(box)
            stages = (stage for stage in self.network.stages if stage.name == box.stage and stage.repeat > 1)
            repeated = next(stages, None)
            if repeated and first.path == box.stage:
                where = repeated.title
            elif repeated:
                blocks = tuple(sorted({self.boxes[one.path].block + 1 for one in same}))
                all_of_them = len(blocks) == repeated.repeat
                runs = _runs(blocks) if all_of_them else f"{_runs(blocks)} of {repeated.repeat}"
                where = re.sub(rf"{re.escape(repeated.title)} \d+ of \d+", f"{repeated.title} {runs}", where)
        return replace(first, blocks=blocks, sentence=f"{where}: {first.sentence}")


def _moved(found: Sequence[Difference]) -> list[Difference]:
    """The same, with what stands elsewhere in a block as one difference rather than as one more and one missing."""
    blocks: dict[str, list[Difference]] = {}
    for one in found:
        blocks.setdefault(_block_of(one.path), []).append(one)
    for inside in blocks.values():
        for (i, missing), (j, more) in list(permutations(enumerate(inside), 2)):
            said = _move(missing, more, behind=i < j) if missing in inside and more in inside else ""
            if said:
                inside[inside.index(missing)] = replace(missing, theirs=more.theirs, field="order", sentence=said)
                inside.remove(more)
    return [one for inside in blocks.values() for one in inside]


def _scattered(found: Sequence[Difference]) -> list[Difference]:
    """The same, with many factors in the place of one number as their range."""
    factors = {one.path: cast("float", one.here) for one in found if one.field == "factor"}
    if len(set(factors.values())) <= FEW:
        return list(found)
    least, most = min(factors.values()), max(factors.values())
    said = f"scales by {least:.2g} to {most:.2g}, by another number in each block; the preset by one number"
    return [
        replace(one, here=(least, most), there=None, sentence=said) if one.field == "factor" else one for one in found
    ]


def _move(missing: Difference, more: Difference, *, behind: bool) -> str:
    """What it means that one thing is missing in a block and stands elsewhere in it; "" where they are two."""
    if more.field != "layer" or more.there is not None:
        return ""
    if (
        behind
        and missing.field == "norm"
        and (missing.here, more.here, more.path) == (None, "batch norm", missing.path)
    ):
        return "batch norm stands behind the ReLU; in the preset before it"
    if missing.field != "layer" or missing.there != more.here:
        return ""
    if str(more.here).startswith("scaling"):
        what = "sum is scaled, shortcut and all" if name_of(more.path) == "add" else "shortcut is scaled"
        return f"the {what}; the preset scales the residual alone"
    if name_of(missing.path) == "add":
        return f"the {more.here} stands before the sum; in the preset behind it"
    return ""


def _implied(here: Operation, there: Operation) -> set[str]:
    """Settings that differ because another one does: the padding of another kernel, a bias that a batch norm holds."""
    found = set()
    if here.kind == "conv":
        windows = ((part.setting("kernel"), part.setting("padding")) for part in (here, there))
        same = all(edges == tuple(side // 2 for side in cast("tuple[int, int]", kernel)) for kernel, edges in windows)
        found |= {"padding"} if same and here.setting("kernel") != there.setting("kernel") else set()
        found |= {"bias"} if here.setting("norm") is not None and not here.setting("bias") else set()
    return found


def _sequence(merge: Merge) -> Steps:
    """What a merge is without its merging: what a shortcut goes past, or the branches one after another."""
    if merge.how == ADD:
        return max(merge.branches, key=len) if () in merge.branches else ()
    return tuple(part for branch in merge.branches for part in branch) if merge.how == CONCAT else ()


def _module(part: Part | None) -> str:
    return part.module if isinstance(part, Operation | Merge) else ""


def _article(noun: str) -> str:
    return f"an {noun}" if noun.startswith("average") else f"a {noun}"


def _block_of(path: str) -> str:
    """The block of a stage that something is in."""
    return ".".join(outer(path)[1:2]) or path


MERGES = {"project": "linear 1x1", "scale": "scale", "add": "sum", "concat": "concatenation"}


def _place(box: Box) -> str:
    """Where a box stands, the outermost first: "Inception-C 2 of 3, branch 4 of 4, step 1 of 2"."""
    label = box.aria_label
    if isinstance(box.node, Conv | Pool):
        label = label.removeprefix(f"{describe_operation(box.node)}, ")
    elif box.op in MERGES:
        label = f"{MERGES[box.op]}, {label.removeprefix(f'{box.title}, ')}"
    if not box.stage:
        return f"Head, {label}"
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
