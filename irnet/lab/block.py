"""One residual block as an equation that runs: y = ReLU(x + s F(x)), term by term on one picture.

F(x) is the block's branches, stacked, and the 1x1 linear convolution after them. With untrained weights the steps show
propagation, and nothing about accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from irnet.lab.forward import Array, BatchNormMode, ForwardCache, begin
from irnet.lab.maps import Maps, channels, tensors_at
from irnet.lab.statistics import Stats, reader, statistics
from irnet.runtime.build import Model
from irnet.runtime.capture import rescale
from irnet.spec import Network, Residual, Shape
from irnet.tree import resolve
from irnet.units import exact, grid, share

SHOWN = 16  # feature maps that a step keeps
BINS = 60


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie between neighbouring edges; values that are no finite numbers are in none."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]  # one more than there are counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One term of the equation."""

    name: str  # of its tensor: "x", "b0", "concat", "project", "scale", "add", "output"
    term: str  # as an equation writes it
    words: str  # one or two sentences
    shape: Shape
    stats: Stats
    histogram: Histogram
    maps: Maps  # of the channels below only
    numbers: tuple[int, ...]  # the channels that are kept: the strongest of x where the widths are equal
    troubles: str  # values that are no finite numbers; "" where there are none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockSteps:
    """The steps of one block, in the order they run."""

    network: str
    path: str
    weights: str
    batch_norm: BatchNormMode
    scale: float
    own: float  # the scale that the network has by itself
    steps: tuple[Step, ...]

    @property
    def limit(self) -> float:
        """The largest finite magnitude of all steps: the end of one colour scale for all of them."""
        return max(step.maps.extent[1] for step in self.steps)


def residual_blocks(network: Network) -> tuple[str, ...]:
    """Paths of the residual blocks, in the order they run.

    Examples
    --------
    >>> from irnet.models import network
    >>> residual_blocks(network("inception_resnet_v1", a=1, b=0, c=2)), residual_blocks(network("inception_v4"))
    (('block_a.0', 'block_c.0', 'block_c.1'), ())
    """
    return tuple(path for path, box in resolve(network).items() if isinstance(box.node, Residual))


def own_scale(network: Network, path: str) -> float:
    """The scale that the residual block `path` has by itself.

    Examples
    --------
    >>> from irnet.models import network
    >>> own_scale(network("inception_resnet_v2.tf_slim"), "block_b.3")
    0.1
    """
    return _residual(network, path).scale


def _residual(network: Network, path: str) -> Residual:
    node = resolve(network)[path].node
    if not isinstance(node, Residual):
        known = residual_blocks(network)
        known_blocks = f"they are {known[0]} to {known[-1]}" if known else "the network has none"
        raise ValueError(f"{path} of {network.name} is no residual block; {known_blocks}")
    return node


def block_steps(
    model: Model,
    image: Tensor,
    path: str,
    *,
    scale: float | None = None,
    batch_norm: BatchNormMode = "running",
    cache: ForwardCache | None = None,
) -> BlockSteps:
    """The residual block `path` as ordered steps, each with its statistics, histogram and strongest feature maps.

    Parameters
    ----------
    model, image, batch_norm
        As `irnet.lab.forward.begin` takes them; the model is left as it was.
    path
        Of a residual block, such as "block_b.3".
    scale
        Of this block alone, 0 to 1; None as the network has it. All other blocks keep theirs.
    cache
        Of an earlier pass of the same picture and statistics, so that what it remembers does not run again.

    Raises
    ------
    ValueError
        For a scale outside 0 to 1, a box that is no residual block, or an image that does not fit.
    KeyError
        For an unknown box, with near ones.

    Examples
    --------
    >>> import irnet
    >>> model = irnet.build(irnet.network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> found = block_steps(model, torch.zeros(1, 3, 96, 96), "block_b.0", scale=0.2)
    >>> [step.term for step in found.steps]
    ['x', 'b0(x)', 'b1(x)', '[b0(x), b1(x)]', 'F(x)', '0.2 F(x)', 'x + 0.2 F(x)', 'ReLU(x + 0.2 F(x))']
    """
    own = own_scale(model.network, path)
    if scale is not None and not 0 <= scale <= 1:
        raise ValueError(f"scale={scale} is outside 0 to 1")
    cache, used = cache or begin(model, image, batch_norm), own if scale is None else scale
    with rescale(model.get_submodule(f"{path}.scale"), used):
        found = tuple(tensors_at(model, cache, path))
    return BlockSteps(
        network=model.network.label,
        path=path,
        weights=model.origin,
        batch_norm=cache.batch_norm,
        scale=used,
        own=own,
        steps=tuple(_steps(model.network, path, found, used)),
    )


def _steps(network: Network, path: str, found: tuple[Maps, ...], scale: float) -> Iterator[Step]:
    stats = statistics({maps.name: reader(rectified=False)(torch.from_numpy(maps.values.copy())) for maps in found})
    said = _words(network, path, found, stats, scale)
    written = _terms(network, path, [maps.name for maps in found], scale)
    edges = _edges(tuple(maps.values for maps in found))
    strongest = _strongest(found[0])
    for maps in found:
        same = maps.values.shape == found[0].values.shape
        numbers = strongest if same else _strongest(maps)
        yield Step(
            name=maps.name,
            term=written[maps.name],
            words=said[maps.name],
            shape=maps.shape,
            stats=stats[maps.name],
            histogram=_histogram(maps.values, edges),
            maps=replace(maps, values=maps.values[list(numbers)]),
            numbers=numbers,
            troubles=maps.troubles,
        )


def _strongest(maps: Maps) -> tuple[int, ...]:
    return tuple(channel.index for channel in channels(maps, "strength")[:SHOWN])


def _terms(network: Network, path: str, names: Sequence[str], scale: float) -> dict[str, str]:
    """What an equation writes for every tensor of the block `path`: of its output "ReLU(x + 0.1 F(x))"."""
    branches = {name: f"{name}(x)" for name in names if is_branch(name)}
    total = f"x + {scale:g} F(x)"
    normed = f"BN({total})" if "bn" in names else total
    return branches | {
        "x": "x",
        "concat": f"[{', '.join(branches.values())}]",
        "body": "body(x)",
        "project": "F(x)",
        "scale": f"{scale:g} F(x)",
        "add": total,
        "bn": normed,
        "output": f"ReLU({normed})" if _residual(network, path).relu else normed,
    }


def is_branch(name: str) -> bool:
    """Whether a tensor is the end of a branch.

    Examples
    --------
    >>> is_branch("b0"), is_branch("body")
    (True, False)
    """
    return name[0] == "b" and name[1:].isdigit()


def _words(
    network: Network, path: str, found: Sequence[Maps], stats: Mapping[str, Stats], scale: float
) -> dict[str, str]:
    """A sentence or two on every tensor of the block, with its numbers."""
    what = {maps.name: maps.what for maps in found}
    sizes = {maps.name: grid(maps.shape) for maps in found}
    stack = what.get("concat", "").removeprefix("concat ")
    width = exact(len(found[0].values))
    inner = exact(resolve(network)[f"{path}.project"].in_shape[0])
    x, scaled, output = stats["x"], stats["scale"], stats["output"]
    ratio = f" Its mean magnitude is {share(scaled.mean_abs, x.mean_abs)} of that of x." if x.mean_abs else ""
    branches = {name: f"One branch of the block: {what[name]}. It puts out {sizes[name]}." for name in what}
    return branches | {
        "x": f"What the block is given, {sizes['x']}. It goes two ways: unchanged past the branches, and through them.",
        "concat": f"The branches read the same x; what they put out is stacked along the channels: {stack}.",
        "body": f"What comes before the linear convolution: {what.get('body')}.",
        "project": f"A 1x1 linear convolution, with a bias and neither batch norm nor ReLU, turns {inner} channels "
        f"into {width}: x has {width}, and only what is as wide as x can be added to it.",
        "scale": f"The scale multiplies F(x), the residual, by {scale:g}, and nothing else: x stays as it is.{ratio}",
        "add": "The residual is added to x, value by value. There can be negative values now, as in F(x).",
        "bn": "Batch norm of the sum, which the paper leaves out: it holds the sum's magnitude in check.",
        "output": f"ReLU makes every negative value zero: {share(output.zero_share, 1)} of all values are zero."
        if _residual(network, path).relu
        else "This block has no ReLU after the sum: the next one is given the sum itself.",
    }


def _edges(tensors: Sequence[Array]) -> Array:
    """Edges of the bins for all of the tensors, from the lowest to the highest finite value, zero among them."""
    finite = [values[np.isfinite(values)] for values in tensors]
    low = min(float(values.min(initial=0)) for values in finite)
    high = max(float(values.max(initial=0)) for values in finite)
    return np.linspace(low, high if high > low else low + 1, BINS + 1, dtype=np.float32)


def _histogram(values: Array, edges: Array) -> Histogram:
    """How many finite values lie in each bin."""
    counts, _ = np.histogram(values[np.isfinite(values)], edges)
    return Histogram(tuple(map(int, counts)), tuple(map(float, edges)))


def records(result: BlockSteps) -> list[dict[str, object]]:
    """One record a step, as plain values; a statistic that is no finite number is None, and `troubles` says why."""
    return [
        {
            "step": step.name,
            "term": step.term,
            "shape": list(step.shape),
            **{name: value if np.isfinite(value) else None for name, value in asdict(step.stats).items()},
            "troubles": step.troubles,
            "words": step.words,
            "channels": list(step.numbers),
            "histogram": {"counts": list(step.histogram.counts), "edges": list(step.histogram.edges)},
        }
        for step in result.steps
    ]
