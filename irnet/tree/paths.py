"""Paths of boxes, rows and modules: the only place that takes them apart."""

from __future__ import annotations

from itertools import takewhile


def stage_of(path: str) -> str:
    """The stage, or the layer of the head, that something is in.

    Examples
    --------
    >>> stage_of("block_b.3.body.b1.2"), stage_of("pool")
    ('block_b', 'pool')
    """
    return path.partition(".")[0]


def parent_of(path: str) -> str:
    """The path without its last step; "" for a lone one.

    Examples
    --------
    >>> parent_of("block_b.3.body"), parent_of("pool")
    ('block_b.3', '')
    """
    return path.rpartition(".")[0]


def name_of(path: str) -> str:
    """The last step of a path.

    Examples
    --------
    >>> name_of("block_b.3.body")
    'body'
    """
    return path.rpartition(".")[2]


def below(path: str, outer: str) -> bool:
    """Whether something is at `outer` or inside it.

    Examples
    --------
    >>> below("block_b.1.body", "block_b.1"), below("block_b.10", "block_b.1")
    (True, False)
    """
    return path == outer or path.startswith(f"{outer}.")


def first_block(path: str) -> str:
    """The same place in the first block of its stage.

    Examples
    --------
    >>> first_block("block_b.3.body.b1"), first_block("block_b")
    ('block_b.0.body.b1', 'block_b')
    """
    stage, *rest = path.split(".")
    return ".".join((stage, "0", *rest[1:])) if rest else stage


def last_block(path: str) -> str:
    """Of a box that stands for many blocks, the last of them; others stand for themselves.

    Examples
    --------
    >>> last_block("block_b.1-9"), last_block("block_b.0.body")
    ('block_b.9', 'block_b.0.body')
    """
    stage, _, blocks = path.rpartition(".")
    _, many, last = blocks.partition("-")
    return f"{stage}.{last}" if many else path


def without_block(path: str) -> str:
    """A path without the number of its block, for what is said of all blocks of a stage.

    Examples
    --------
    >>> without_block("block_b.3.body.b1"), without_block("block_b")
    ('block_b.body.b1', 'block_b')
    """
    stage, _, *rest = (*path.split("."), "")
    return ".".join((stage, *rest[:-1]))


def common(one: str, two: str) -> str:
    """The path that both lie under.

    Examples
    --------
    >>> common("block_b.3.body.b0", "block_b.3.body.b1.2")
    'block_b.3.body'
    """
    pairs = zip(one.split("."), two.split("."), strict=False)
    return ".".join(a for a, _ in takewhile(lambda both: both[0] == both[1], pairs))


def depth_of(path: str) -> int:
    """How many steps a path has.

    Examples
    --------
    >>> depth_of("block_b.3.body")
    3
    """
    return path.count(".") + 1


def outer(path: str) -> tuple[str, ...]:
    """The paths that something is inside, the outermost first, and its own last.

    Examples
    --------
    >>> outer("block_b.3.body")
    ('block_b', 'block_b.3', 'block_b.3.body')
    """
    steps = path.split(".")
    return tuple(".".join(steps[: i + 1]) for i in range(len(steps)))


def steps_in_block(path: str) -> tuple[str, ...]:
    """The steps of a path behind the number of the block.

    Examples
    --------
    >>> steps_in_block("block_b.3.body.b1"), steps_in_block("block_b")
    (('body', 'b1'), ())
    """
    return tuple(path.split(".")[2:])
