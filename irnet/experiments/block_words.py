"""What the steps of a residual block are called, and a sentence or two on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from irnet.experiments.channels import Maps
from irnet.experiments.feature_maps import residual_at
from irnet.experiments.statistics import Stats
from irnet.spec import Network, Shape
from irnet.tree import resolve
from irnet.units import exact, grid, share


def terms(network: Network, path: str, names: Sequence[str], scale: float) -> dict[str, str]:
    """What an equation writes for every tensor of the block `path`.

    Examples
    --------
    >>> from irnet.models import network
    >>> terms(network("inception_resnet_v2"), "block_b.0", ["x", "b0", "b1"], 0.1)["output"]
    'ReLU(x + 0.1 F(x))'
    """
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
        "output": f"ReLU({normed})" if rectifies(network, path) else normed,
    }


def is_branch(name: str) -> bool:
    """Whether a tensor is the end of a branch.

    Examples
    --------
    >>> is_branch("b0"), is_branch("body")
    (True, False)
    """
    return name[0] == "b" and name[1:].isdigit()


def rectifies(network: Network, path: str) -> bool:
    """Whether a ReLU follows the sum of the residual block `path`."""
    return residual_at(network, path).relu


def words(
    network: Network, path: str, found: Sequence[Maps], stats: Mapping[str, Stats], scale: float
) -> dict[str, str]:
    """A sentence or two on every tensor of the block, with its numbers."""
    what = {maps.name: maps.what for maps in found}
    sizes = {maps.name: grid(shape_of(maps)) for maps in found}
    width = exact(len(found[0].values))
    inner = exact(resolve(network)[f"{path}.project"].in_shape[0])
    x, scaled, output = stats["x"], stats["scale"], stats["output"]
    ratio = f" Its mean magnitude is {share(scaled.mean_abs, x.mean_abs)} of that of x." if x.mean_abs else ""
    branches = {name: f"One branch of the block: {what[name]}. It puts out {sizes[name]}." for name in what}
    return branches | {
        "x": f"What the block is given, {sizes['x']}. It goes two ways: unchanged past the branches, and through them.",
        "concat": f"The branches read the same x; what they put out is stacked along the channels: {_stack(what)}.",
        "body": f"What comes before the linear convolution: {what.get('body')}.",
        "project": f"A 1x1 linear convolution, with a bias and neither batch norm nor ReLU, turns {inner} channels "
        f"into {width}: x has {width}, and only what is as wide as x can be added to it.",
        "scale": f"The scale multiplies F(x), the residual, by {scale:g}, and nothing else: x stays as it is.{ratio}",
        "add": "The residual is added to x, value by value. There can be negative values now, as in F(x).",
        "bn": "Batch norm of the sum, which the paper leaves out: it holds the sum's magnitude in check.",
        "output": f"ReLU makes every negative value zero: {share(output.zero_share, 1)} of all values are zero."
        if rectifies(network, path)
        else "This block has no ReLU after the sum: the next one is given the sum itself.",
    }


def shape_of(maps: Maps) -> Shape:
    """(C, H, W) of a tensor."""
    width, height, across = maps.values.shape
    return width, height, across


def _stack(what: Mapping[str, str]) -> str:
    return what.get("concat", "").removeprefix("concat ")
