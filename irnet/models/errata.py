"""Where the paper (arXiv 1602.07261v2) disagrees with arithmetic, with itself or with the released code."""

from __future__ import annotations

from irnet.spec import Erratum

_ALL = (
    Erratum(
        id="E1",
        where="Fig. 3, last step",
        concerns="stage",
        printed="3x3 conv 192 V without a stride, max pool /2 V without a kernel",
        used="3x3 conv 192 /2 V and 3x3 max pool /2 V",
        why="The figure prints 71x71 before and 35x35 after the step; only stride 2 leads from one to the other.",
        certainty="certain: the printed sizes force the stride; the kernel is TF-slim's",
        basis="computed",
    ),
    Erratum(
        id="E2",
        where="Fig. 5, third branch",
        concerns="stage",
        printed="1x7 224, then 1x7 256",
        used="as printed in .paper; 1x7 224, then 7x1 256 in .tf_slim",
        why="Two 1x7 convolutions never look along the other axis; the released code pairs 1x7 with 7x1. "
        "Parameters and MACs are the same either way.",
        certainty="certain that it is printed so, near certain that it is a slip",
        basis="read",
    ),
    Erratum(
        id="E3",
        where="Figs. 3, 5 and 6, order of the factor pairs",
        concerns="stage",
        printed="7x1 then 1x7 (Fig. 3); 1x7, 7x1, 1x7, 7x1 (Fig. 5); 1x3 then 3x1 (Fig. 6)",
        used="as printed in .paper; each pair the other way round in .tf_slim",
        why="The released code runs each pair in the opposite order. It may be width x height in these figures, "
        "but Figs. 8, 11, 13, 17 and 19 agree with the code as height x width. Counts are equal, weights are not.",
        certainty="certain: the print against the code",
        basis="read",
    ),
    Erratum(
        id="E4",
        where="Fig. 17",
        concerns="stage",
        printed="1x1 conv (1154 Linear)",
        used="1152 filters: the width of the tensor that it is added to",
        why="Reduction-A of v2 puts out 384 + 384 + 384 = 1152 channels, and only equal widths can be added.",
        certainty="certain: arithmetic",
        basis="computed",
    ),
    Erratum(
        id="E5",
        where="Fig. 19",
        concerns="stage",
        printed="1x1 conv (2048 Linear)",
        used="2144 filters: the width of the tensor that it is added to, with the filters of Fig. 18",
        why="Fig. 19 fits the filters of Fig. 12 (v1's Reduction-B) and not those of Fig. 18 (v2's): one of the two "
        "figures of v2 slips.",
        certainty="certain that Figs. 18 and 19 contradict each other; which of them slips is not",
        basis="computed",
    ),
    Erratum(
        id="E6",
        where="Fig. 18, caption",
        concerns="figure",
        printed="used by Inception-ResNet-v1",
        used="Reduction-B of Inception-ResNet-v2",
        why="Fig. 12 is the Reduction-B of v1, and the caption of Fig. 15 lists Fig. 18 under v2.",
        certainty="certain",
        basis="computed",
    ),
    Erratum(
        id="E7",
        where="Fig. 15",
        concerns="figure",
        printed="one set of sizes (those of v1) for v1 and v2",
        used="v2's own sizes, computed from its filters: 384, 1152 and 2144 channels",
        why="The caption says that the sizes are v1's; those of v2 are printed nowhere.",
        certainty="certain",
        basis="computed",
    ),
    Erratum(
        id="E8",
        where="Section 3.2",
        concerns="claim",
        printed="Inception-ResNet-v2 matches the raw cost of Inception-v4",
        used="the network of the figures, and beside it the released one with 10, 20 and 10 blocks",
        why="Counted at 299 pixels, the network of the figures is about a quarter cheaper than Inception-v4, the "
        "released one slightly dearer. Inception-ResNet-v1 does fit its claim to match Inception-v3.",
        certainty="the counts are certain; which network the authors meant is an inference",
        basis="computed",
    ),
    Erratum(
        id="E9",
        where="Section 3.2",
        concerns="claim",
        printed="Inception-v4 is slower in practice, probably due to its larger number of layers",
        used="no choice follows from it",
        why="It depends on what a layer is. v4 has more convolutions than the drawn Inception-ResNet-v2 and fewer "
        "than the released one; its longest chain of convolutions is shorter than that of either; and it costs more "
        "MACs than the drawn one. It speaks against the inference under E8 if convolutions are meant, so the "
        "question stays open.",
        certainty="the counts are certain; what the paper counts as a layer is not said",
        basis="computed",
    ),
    Erratum(
        id="E10",
        where="Figs. 9 and 15, dropout",
        concerns="figure",
        printed="Dropout (keep 0.8)",
        used="a drop probability of 0.2",
        why="0.8 is the probability of keeping a unit; several ports pass it on as the probability of dropping one.",
        certainty="certain",
        basis="read",
    ),
    Erratum(
        id="E11",
        where="Figs. 9 and 15, softmax",
        concerns="figure",
        printed="softmax directly after dropout",
        used="a linear layer to the classes before it; the module puts out its logits",
        why="A softmax over 1000 classes needs 1000 values, and pooling leaves 1536, 1792 or 2144.",
        certainty="certain",
        basis="computed",
    ),
    Erratum(
        id="E12",
        where="Fig. 23, caption",
        concerns="figure",
        printed="pure Inception-v3",
        used="Inception-v4 against Inception-ResNet-v2",
        why="The legend and the last sentence of the caption name Inception-v4.",
        certainty="certain",
        basis="read",
    ),
    Erratum(
        id="E13",
        where="Tables 3, 4 and 5",
        concerns="claim",
        printed="ResNet-151",
        used="ResNet-152",
        why="The cited paper (He et al.) describes a network of 152 layers.",
        certainty="certain",
        basis="read",
    ),
    Erratum(
        id="E14",
        where="Figs. 4, 5 and 6, pooling branch",
        concerns="stage",
        printed="Avg Pooling, without kernel, stride or border rule",
        used="3x3, stride 1, same; the border does not count towards the average",
        why="TF-slim, timm and Cadene pool v4 so (count_include_pad=False in PyTorch). Not everybody does: there are "
        "ports of v4 that count the padding.",
        certainty="certain for the releases named; the paper does not say",
        basis="read",
    ),
    Erratum(
        id="E15",
        where="Figs. 10, 11, 13, 16, 17 and 19",
        concerns="stage",
        printed="branches run straight into the 1x1 linear convolution",
        used="a concatenation before it",
        why="A convolution reads one tensor; the plain Inception figures draw the concatenation as a box.",
        certainty="certain",
        basis="computed",
    ),
    Erratum(
        id="E16",
        where="Figs. 21 and 22, captions",
        concerns="claim",
        printed="Inception-ResNet-v1 ends slightly worse than v3 (Fig. 21), slightly better (Fig. 22)",
        used="both: the first speaks of the top-1, the second of the top-5 error",
        why="Table 2 has 21.3 against 21.2 % top-1 and 5.5 against 5.6 % top-5: no contradiction.",
        certainty="certain",
        basis="read",
    ),
    Erratum(
        id="E17",
        where="Fig. 9 and text",
        concerns="claim",
        printed="Avarage Pooling, varianets, moduels, learning rata",
        used="the usual spelling",
        why="Misprints; quote with care.",
        certainty="certain",
        basis="read",
    ),
    Erratum(
        id="E18",
        where="Figs. 10, 11, 13, 16, 17 and 19, 1x1 linear",
        concerns="stage",
        printed="Linear, without a word on batch norm",
        used="no batch norm, and a bias",
        why="The text calls it a filter expansion without activation; TF-slim gives it a bias and no batch norm.",
        certainty="not stated in the paper; read in TF-slim",
        basis="read",
    ),
)

ERRATA: dict[str, Erratum] = {erratum.id: erratum for erratum in _ALL}


def errata(*ids: str) -> tuple[Erratum, ...]:
    """The errata with these ids.

    Raises
    ------
    ValueError
        Naming the unknown id and the known ones.

    Examples
    --------
    >>> [erratum.where for erratum in errata("E4", "E5")]
    ['Fig. 17', 'Fig. 19']
    """
    for id_ in ids:
        if id_ not in ERRATA:
            raise ValueError(f"no erratum is called {id_!r}; they are {', '.join(ERRATA)}")
    return tuple(ERRATA[id_] for id_ in ids)
