"""Comparisons that are asked for most, each with what it shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ready:
    """A comparison to open: its networks, the stages to look into, and what they show; numbers stand beside it."""

    title: str
    names: tuple[str, ...]
    stages: tuple[str, ...]  # to open, in every network that has them
    shows: str


READY = (
    Ready(
        "v1 and v2",
        ("inception_resnet_v1.paper", "inception_resnet_v2.paper"),
        (),
        "One architecture. Every block has its partner; only the filter counts and the stem differ.",
    ),
    Ready(
        "v4 and Inception-ResNet-v2",
        ("inception_v4.paper", "inception_resnet_v2.paper"),
        ("inception_b", "block_b"),
        "The same stem and the same plan. Blocks that stack what their branches find stand beside blocks that add it "
        "to their input, with fewer filters and no pooling branch.",
    ),
    Ready(
        "Reduction-A in all three",
        ("inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"),
        ("reduction_a",),
        "One block, Figure 7, in all three networks; they differ in k, l, m and n, the letters of Table 1.",
    ),
    Ready(
        "Reduction-B in all three",
        ("inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"),
        ("reduction_b",),
        "Not shared: that of v4 has a branch of 1x7 and 7x1 convolutions, those of the ResNets have one branch more "
        "and differ in their filters.",
    ),
    Ready(
        "Pooling branch or residual",
        ("inception_v4.paper", "inception_resnet_v2.paper"),
        ("inception_a", "block_a"),
        "Inception-A pools in one of its branches. In Inception-ResNet-A the input itself runs beside the branches, "
        "and there is no pooling; it stays in the reductions of both.",
    ),
    Ready(
        "v2: paper and released",
        ("inception_resnet_v2.paper", "inception_resnet_v2.tf_slim"),
        (),
        "Two networks of one name: another stem, a block before the A blocks, twice the blocks, scales of their own, a "
        "last block without ReLU and a convolution after it.",
    ),
    Ready(
        "v4: paper and released",
        ("inception_v4.paper", "inception_v4.tf_slim"),
        ("inception_b",),
        "The same counts. The order of 1x7 and 7x1 differs (E2, E3), and the pooling branch is stacked last.",
    ),
    Ready(
        "v1: paper and facenet",
        ("inception_resnet_v1.paper", "inception_resnet_v1.facenet"),
        ("block8",),
        "The figures to the letter, with one more block that has no ReLU, other scales and an embedding for faces.",
    ),
    Ready(
        "Cost: v3 and v1",
        ("inception_v3.tf_slim", "inception_resnet_v1.paper"),
        (),
        "Section 3.2 gives v1 roughly the cost of Inception-v3; the counts say how nearly.",
    ),
    Ready(
        "Cost: v4 and v2",
        ("inception_v4.paper", "inception_resnet_v2.paper", "inception_resnet_v2.tf_slim"),
        (),
        "Section 3.2 gives v2 the cost of v4 (E8) and fewer layers (E9). The drawn v2 does fewer MACs than v4 "
        "with fewer convolutions; the released one does about as many MACs as v4 with more convolutions.",
    ),
)


def ready(names: tuple[str, ...]) -> Ready | None:
    """The comparison of just these networks, if it is one of those; the first of several.

    Examples
    --------
    >>> found = ready(("inception_v4.paper", "inception_v4.tf_slim"))
    >>> found and found.title
    'v4: paper and released'
    """
    return next((one for one in READY if one.names == names), None)
