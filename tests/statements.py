"""What sentences say in numbers and comparisons that were typed, and how we know: a formula, a test or a source.

A statement's words stand in a lesson, on a page or in the README exactly so, formulas in braces and all. Whoever
changes the words changes the statement with them, and then its check has to hold again.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from irnet.spec import Basis

V4, V1, V2 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"
V2_SLIM, V3 = "inception_resnet_v2.tf_slim", "inception_v3.tf_slim"
BN = "bn_inception.paper"
TWO_FOR_ONE = (
    "window inception_3a.0.b2 @ googlenet.paper = 5 and window inception_3a.0.b2 = 3 "
    "and convolutions inception_3a.0.b2 = 3"
)
AT_224 = "inception_v4.paper (input_size=224)"

PAPER = "arXiv 1602.07261v2"
V3_PAPER = "arXiv 1512.00567"
RETHINKING = f"{V3_PAPER}, section 3.2"
SLIM = "research/slim/nets/inception_resnet_v2.py of tensorflow/models at 608bd22"
TIMM = "timm/models/inception_resnet_v2.py of timm 1.0.31"
KERAS = "keras/src/applications/inception_resnet_v2.py of keras-team/keras at 69b9ad0"
CADENE = "pretrainedmodels/models/inceptionresnetv2.py of Cadene/pretrained-models.pytorch at 939ac86"
FACENET = "src/models/inception_resnet_v1.py of davidsandberg/facenet at 95b3b5d"
FACENET_PYTORCH = "facenet_pytorch/models/inception_resnet_v1.py of facenet-pytorch 2.6.0"
FVCORE = "fvcore/nn/jit_handles.py of fvcore 0.1.5.post20221221"
GOOGLE = "receptive_field/RECEPTIVE_FIELD_TABLE.md of google-research/receptive_field at cfbfe6b"
TIMM_TABLE = "results/benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv of huggingface/pytorch-image-models at 7479d45"
RESULTS = "benchmarks/RESULTS.md"
S33, FIG7, PORTS = f"{PAPER}, section 3.3", f"{PAPER}, Figure 7 and Table 1", f"{TIMM}; {KERAS}; {CADENE}"

ERRATA_BY_HAND = (
    "tests/test_errata.py::test_an_erratum_has_the_results_worked_out_by_hand_and_holds_or_fails_as_it_says"
)
LEDGER = "tests/test_measure.py::test_the_ledger_explains_all_three_counters_to_the_unit"
SUMS = "tests/test_measure.py::test_scalings_and_sums_of_residuals_are_listed_as_not_counted"
TOTALS = "tests/test_measure.py::test_the_totals_are_named_after_their_counters"
ARROWS = "tests/test_diagrams.py::test_an_arrow_carries_what_its_target_reads"
TWO_ARROWS = "tests/test_diagrams.py::test_every_box_has_one_arrow_in_and_a_sum_has_two"
NO_RELU = "tests/test_diagrams.py::test_the_last_block_says_that_it_has_no_relu"
EIGHT_POINTS = "tests/test_figures.py::test_text_has_eight_points_at_a_width_or_a_sentence_says_why_not"


@dataclass(frozen=True, slots=True)
class Statement:
    """Words that state something, and what holds them: the strongest of its three kinds of evidence counts."""

    words: str
    _: KW_ONLY
    check: str = ""  # formulas compared, in the language of the lessons
    of: str = V2  # the network of what names no other
    test: str = ""  # that runs it: file and name
    source: str = ""  # where it was read; of a program with its version

    @property
    def basis(self) -> Basis:
        """How it is known."""
        return "computed" if self.check else "run" if self.test else "read" if self.source else "unverified"

    @property
    def evidence(self) -> str:
        """All of it in one line."""
        checked = f"`{self.check}` of {self.of}" if self.check else ""
        return "; ".join(filter(None, (checked, f"`{self.test}`" if self.test else "", self.source)))


TOUR = (
    Statement("Section 1: two ideas meet", source=f"{PAPER}, section 1: Inception and residual connections"),
    Statement("Section 2: stack or add", source=f"{PAPER}, section 2"),
    Statement("Section 3.1: Inception-v4", source=f"{PAPER}, section 3.1"),
    Statement("Figure 7 and Table 1: Reduction-A", source=FIG7),
    Statement("Table 1 says what k, l, m and n are in each", source=f"{PAPER}, Table 1"),
    Statement("Section 3.2: residual Inception blocks", source=f"{PAPER}, section 3.2"),
    Statement("Section 3.3: scaling the residuals", source=S33),
    Statement("Sections 4 and 5: training and results", source=f"{PAPER}, sections 4 and 5"),
    Statement(
        "On one crop of the validation pictures (Table 2, without those on a blacklist)", source=f"{PAPER}, Table 2"
    ),
    Statement("In 2015 two designs led image recognition", source=f"{PAPER}, abstract"),
    Statement(
        "answers with three networks",
        source=f"{PAPER}, section 3: Inception-v4, Inception-ResNet-v1 and Inception-ResNet-v2",
    ),
    Statement(
        "This is the widest of them: no other ends in as many as {channels block_c} channels.",
        check=f"channels block_c > channels inception_c @ {V4} and channels block_c > channels block_c @ {V1}",
    ),
    Statement(
        "three kinds of blocks work on three grids (A, B, C), and two reductions (one, two)",
        check="side block_a > side block_b > side block_c and side reduction_a = side block_b "
        "and side reduction_b = side block_c",
    ),
    Statement("There are two ways to join what branches have found", source=f"{PAPER}, Figures 4 and 16"),
    Statement(
        "the output is new, and as wide as all branches together",
        check="channels inception_a.0.concat = channels inception_a.0.b0 + channels inception_a.0.b1 "
        "+ channels inception_a.0.b2 + channels inception_a.0.b3",
        of=V4,
    ),
    Statement(
        "made as wide as the block's input and added to it", check="channels block_a.0.project = in_channels block_a.0"
    ),
    Statement("They found that it makes training much faster", source=f"{PAPER}, abstract and section 5"),
    Statement("the four branches of Inception-A", check="parts inception_a.0 - 1 = 4", of=V4),
    Statement("One C block is larger than one B block", check="params inception_c.0 > params inception_b.0", of=V4),
    Statement(
        "Three times it halves the grid.",
        check="2 * side stem.0.0 + 1 = input and 2 * side stem.0.3 + 1 = side stem.0.2 "
        "and 2 * side stem.0.5 + 1 = side stem.0.4",
        of=V4,
    ),
    Statement(
        "The first time a convolution does it alone, from {input} to {side stem.0.0} pixels. Twice more it does it in "
        "two ways at once",
        check="convolutions stem.0.0 = 1 and parts stem.0.3 - 1 = 2 and parts stem.0.5 - 1 = 2",
        of=V4,
    ),
    Statement("before the two meet again", check="parts stem.0.4 - 1 = 2", of=V4),
    Statement(
        "A block of Inception-v4 has four branches.",
        check="parts inception_a.0 - 1 = 4 and parts inception_b.0 - 1 = 4 and parts inception_c.0 - 1 = 4",
        of=V4,
    ),
    Statement("stacks all four", check="parts inception_b.0 - 1 = 4", of=V4),
    Statement("the windows are 7 wide", check="window inception_b = 7", of=V4),
    Statement(
        "branches even end in two convolutions that run side by side",
        check="parts inception_c.0.b2.1 - 1 = 2 and parts inception_c.0.b3.3 - 1 = 2",
        of=V4,
    ),
    Statement("One block is shared by all three networks", source=FIG7),
    Statement(
        "a 3x3 and a longer branch add theirs",
        check="convolutions reduction_a.0.b2 > convolutions reduction_a.0.b1",
        of=V4,
    ),
    Statement(
        "All three have stride 2",
        check="parts reduction_a.0 - 1 = 3 and 2 * side reduction_a.0.b0 + 1 = in_side reduction_a "
        "and side reduction_a.0.b1 = side reduction_a.0.b0 and side reduction_a.0.b2 = side reduction_a.0.b0",
        of=V4,
    ),
    Statement(
        "The branches of the residual blocks are cheaper than those of v4",
        check=f"macs block_a.0 < macs inception_a.0 @ {V4} and macs block_b.0 < macs inception_b.0 @ {V4} "
        f"and macs block_c.0 < macs inception_c.0 @ {V4}",
    ),
    Statement("As many as come into the block", check="channels block_a.0.project = in_channels block_a.0"),
    Statement(
        "two maps can only be added where their shapes are the same",
        test="tests/test_errata.py::test_a_width_is_accepted_exactly_when_torch_could_add_it",
    ),
    Statement("The figure of this block prints 1154", source=f"{PAPER}, Figure 17"),
    Statement("What should the figure say instead of 1154?", check="channels block_b.0.project < 1154"),
    Statement(
        "With more than about a thousand filters, residual networks died during training: after some tens of "
        "thousands of steps",
        source=S33,
    ),
    Statement("Neither a smaller learning rate nor one more batch norm helped", source=S33),
    Statement(
        "The text says between 0.1 and 0.3, the caption of Figure 20 about 0.1",
        source=f"{PAPER}, section 3.3 and the caption of Figure 20",
    ),
    Statement("trained with RMSProp on twenty GPUs", source=f"{PAPER}, section 4"),
    Statement(
        "So networks of similar size end up similarly accurate: Inception-ResNet-v1 beside Inception-v3, with {top1 @ "
        "inception_v3.tf_slim} %, and the other two beside each other",
        check=f"top1 @ {V1} - top1 @ {V3} < 0.2 and top1 @ {V4} - top1 < 0.2 and top1 @ {V3} - top1 @ {V4} > 1",
        source=f"{PAPER}, Table 2",
    ),
    Statement("{macs @ inception_resnet_v1.paper|MAC}, about half", check=f"0.45 < macs @ {V1} / macs < 0.55", of=V4),
    Statement(
        "twice as many blocks, a last one without ReLU",
        check=f"knob a @ {V2_SLIM} + knob b @ {V2_SLIM} + knob c @ {V2_SLIM} + 1 "
        "= 2 * knob a + 2 * knob b + 2 * knob c",
        source=SLIM,
    ),
    Statement("timm, Keras and Cadene's collection carry that one", source=PORTS),
)

BLOCKS = (
    Statement(
        "The door shrinks one of the factors",
        check="channels inception_a.0.b2.0 < in_channels inception_a.0",
        of=V4,
    ),
    Statement(
        "The longest branch has two 3x3 behind the door, and only the first benefits",
        check="convolutions inception_a.0.b3 - 1 = 2 and convolutions inception_a.0.b3 > convolutions inception_a.0.b2 "
        "and in_channels inception_a.0.b3.1 < in_channels inception_a.0 "
        "and in_channels inception_a.0.b3.2 = channels inception_a.0.b3.1",
        of=V4,
    ),
    Statement(
        "every block would be wider than the last",
        check="channels inception_a.0.b0.0 > channels inception_a.0.b0",
        of=V4,
    ),
    Statement(
        "would be wider than the one before", check="channels inception_a.0.b0.0 > channels inception_a.0.b0", of=V4
    ),
    Statement(
        "Two strips see what a square sees, for a fraction of the weights", check="7 + 7 < 7 * 7 and 3 + 3 < 3 * 3"
    ),
    Statement("A square from two strips", check="convolutions block_b.0.body.b1 - 1 = 2"),
    Statement(
        "One after the other they see a square of 7 by 7 pixels",
        check="window block_b.0.body.b1.1 = 7 and window block_b.0.body.b1.2 = 7",
    ),
    Statement("Between the two stand a batch norm and a ReLU", check="parts block_b.0.body.b1.1 = 3"),
    Statement("7 and 7. The gain grows with the window: for 3 by 3", check="14 / 49 < 6 / 9"),
    Statement("Strips of 7 are used on the grid of {side inception_b} pixels", check="window inception_b = 7", of=V4),
    Statement(
        "On {side inception_a} pixels the blocks keep square windows of 3 by 3", check="window inception_a = 3", of=V4
    ),
    Statement(
        "strips did not work well in early layers and worked very well on grids of 12 to 20 pixels",
        check="12 < side inception_b < 20 < side inception_a",
        of=V4,
        source=RETHINKING,
    ),
    Statement(
        "On {side inception_c} pixels the windows are 3 long, and the last two strips run side by side",
        check="window inception_c = 3 and parts inception_c.0.b3.3 - 1 = 2",
        of=V4,
    ),
    Statement(
        "Two strips side by side: each sees three pixels",
        check="parts inception_c.0.b3.3 - 1 = 2 and window inception_c.0.b3.3 = 3",
        of=V4,
    ),
    Statement("Two strips of 3 would save {1 - 6 / 9|multiple} there", check="3 + 3 = 6 and 3 * 3 = 9"),
    Statement("Two strips of 3 stand in for a 3 by 3", check="3 + 3 < 3 * 3"),
    Statement(
        "A stack is as wide as its parts together",
        test="tests/test_diagrams.py::test_the_arrows_into_a_concatenation_add_up_to_its_channels",
    ),
    Statement("The arrows are as wide as what runs along them", test=ARROWS),
    Statement(
        "Three branches begin with a 1x1. In two of them other convolutions follow",
        check="window inception_b.0.b1 = 1 and convolutions inception_b.0.b1 = 1 and window inception_b.0.b2.0 = 1 "
        "and convolutions inception_b.0.b2 > 1 and window inception_b.0.b3.0 = 1 and convolutions inception_b.0.b3 > 1",
        of=V4,
    ),
    Statement(
        "Table 1 can change k and l without changing the width of Reduction-A",
        check="channels reduction_a = channels reduction_a @ inception_v4.paper (k=64, l=64)",
        of=V4,
    ),
    Statement("stacks all that comes in and three branches", check="parts reduction_b.0 - 2 = 3"),
    Statement(
        "Figure 19 prints 2048, which the filters of Figure 12 would give",
        check=f"channels reduction_a + channels reduction_b.0.b1 @ {V1} + channels reduction_b.0.b2 @ {V1} "
        f"+ channels reduction_b.0.b3 @ {V1} = 2048",
        source=f"{PAPER}, Figures 12, 18 and 19",
    ),
    Statement("Three ways to halve a grid", check="parts reduction_a.0 - 1 = 3", of=V4),
    Statement(
        "makes {in_side reduction_a} pixels into {side reduction_a}, three times over",
        check="parts reduction_a.0 - 1 = 3 and side reduction_a.0.b1 = side reduction_a.0.b0 "
        "and side reduction_a.0.b2 = side reduction_a.0.b0",
        of=V4,
    ),
    Statement(
        "and a longer branch first looks around",
        check="convolutions reduction_a.0.b2 > convolutions reduction_a.0.b1",
        of=V4,
    ),
    Statement(
        "a window of 3 that jumps by 2 fits {side reduction_a} times",
        check="window reduction_a = 3 and in_side reduction_a / 2 - 3 / 2 + 1 = side reduction_a",
        of=V4,
    ),
    Statement("A window of 3 with stride 2 and no padding", check="window reduction_b.0.b0 = 3", of=V4),
    Statement(
        "({in_side reduction_b} - 3) / 2 + 1 = {side reduction_b}",
        check="in_side reduction_b / 2 - 3 / 2 + 1 = side reduction_b",
        of=V4,
    ),
    Statement("All three networks share Reduction-A", source=FIG7),
    Statement(
        "the residual networks have two short branches and a longer one",
        check="convolutions reduction_b.0.b1 = convolutions reduction_b.0.b2 < convolutions reduction_b.0.b3 "
        f"and convolutions reduction_b.0.b1 @ {V1} = convolutions reduction_b.0.b2 @ {V1} "
        f"< convolutions reduction_b.0.b3 @ {V1}",
    ),
)

RESIDUALS = (
    Statement("Two arrows meet", test=TWO_ARROWS, of=V1),
    Statement("The sum adds two maps", test=TWO_ARROWS, of=V1),
    Statement("Section 3.3 tells of networks that died early in their training", source=S33),
    Statement("With very many filters, even a warm-up at a learning rate of 0.00001 was not enough", source=S33),
    Statement(
        "Set it to 0 and a block does nothing but a ReLU; at 1 the correction counts in full",
        test="tests/test_block_steps.py::test_a_scale_of_zero_makes_the_output_the_relu_of_x",
    ),
    Statement("Ten blocks in a row each add a correction as large as the first input", check="knob b = 10"),
    Statement("fvcore leaves it out", test=SUMS, source=FVCORE),
    Statement("An ordinary box of the figures is three things", check="parts block_a.0.body.b0 = 3"),
    Statement("Two per channel", check="params block_a.0.body.b0.bn / channels block_a.0.body.b0 = 2"),
    Statement("and put what that saved into more blocks", source=f"{PAPER}, section 3.2"),
    Statement(
        "Sums are the widest maps of their grids",
        check="channels block_a.0.add > channels block_a.0.body.concat and channels block_b.0.add > "
        "channels block_b.0.body.concat and channels block_c.0.add > channels block_c.0.body.concat",
    ),
)

COUNTING = (
    Statement("drawn in one figure, 15", source=f"{PAPER}, Figure 15"),
    Statement(
        "Version 2 is not a later invention but the wider of the two",
        check=f"channels block_a > channels block_a @ {V1} and channels block_b > channels block_b @ {V1} "
        f"and channels block_c > channels block_c @ {V1}",
        source=f"{PAPER}, section 3.2: both are introduced together",
    ),
    Statement(
        "v1 does {macs / macs @ inception_v3.tf_slim} times the MACs of Inception-v3, but v2 only {macs @ "
        "inception_resnet_v2.paper / macs @ inception_v4.paper} times those of Inception-v4",
        check=f"macs @ {V1} > macs @ {V3} and macs < macs @ {V4}",
    ),
    Statement(
        "the A blocks are wider by {channels block_a @ inception_resnet_v2.paper - channels block_a}, and so is m",
        check=f"channels block_a > channels block_a @ {V1} "
        f"and channels block_a - channels block_a @ {V1} = knob m - knob m @ {V1}",
    ),
    Statement("on the right as TF-slim released it", source=SLIM),
    Statement("timm, Keras and Cadene's collection carry the right one", source=PORTS),
    Statement(
        "and more blocks: {knob a} became",
        check=f"knob a @ {V2_SLIM} > knob a and knob b @ {V2_SLIM} > knob b and knob c @ {V2_SLIM} > knob c",
        source=SLIM,
    ),
    Statement(
        "timm's inception_resnet_v2 has {params @ inception_resnet_v2.tf_slim|short} parameters",
        test="tests/test_claims.py::test_the_lines_add_up_to_every_printed_digit",
        source=TIMM,
    ),
    Statement("Why 1536 channels", check="channels conv2d_7b = 1536", of=V2_SLIM),
    Statement("whose scale is 1 and which ends without a ReLU", test=NO_RELU, source=SLIM),
    Statement("Facenet's v1 adopted the habit", source=f"{FACENET}; {FACENET_PYTORCH}"),
    Statement(
        "nearly twice as many, with blocks that are twice as many",
        check=f"1.8 < convolutions / convolutions @ {V2} < 2 and knob a + knob b + knob c + 1 = 2 * knob a @ {V2} "
        f"+ 2 * knob b @ {V2} + 2 * knob c @ {V2}",
        of=V2_SLIM,
    ),
    Statement(
        "Why the same network is said to take two amounts of work, one twice the other", check="flops = 2 * macs"
    ),
    Statement("counted apart they are two FLOPs", check="flops = 2 * macs", of=V4),
    Statement("a factor of two lies between them", check="flops / macs = 2", of=V4),
    Statement("two for every MAC", check="flops stem.0.0 = 2 * macs stem.0.0", of=V4),
    Statement("timm lists", check=f"12275000000 < fvcore @ {V4} < 12285000000", of=V4, source=TIMM_TABLE),
    Statement(
        "A table by Google has nearly the same figure, in giga-FLOPs",
        check=f"0.99 < flops / fvcore @ {V4} < 1.01",
        of=AT_224,
        source=GOOGLE,
    ),
    Statement("They look alike and are a factor of two apart", check="flops / macs = 2", of=AT_224),
    Statement("the smaller picture has about half the work", check=f"0.48 < macs / macs @ {V4} < 0.52", of=AT_224),
    Statement(
        "The MACs grow somewhat more, from {macs|MAC} to {macs @ inception_v4.paper|MAC}: convolutions work at every "
        "pixel, and windows without padding take more of a small map",
        check=f"macs @ {V4} / macs > input @ {V4} * input @ {V4} / input / input",
        of=AT_224,
    ),
    Statement(
        "fvcore counts MACs and calls them flops, adds two for every number that batch norm puts out (five, if the "
        "module is in training mode)",
        test="tests/test_measure.py::test_fvcore_counts_a_batch_norm_by_its_mode",
        source=FVCORE,
    ),
    Statement("takes three counters apart", test=LEDGER),
    Statement("fvcore counts {fvcore|short} here", test=LEDGER, source=FVCORE),
    Statement("they are additions without a multiplication, and fvcore skips them", test=SUMS, source=FVCORE),
)

STABILITY = "tests/training/test_stability.py"
DEATH = (
    Statement(
        "The running statistics of untrained weights are mean 0 and variance 1",
        test="tests/test_residual_scale.py::test_running_statistics_of_untrained_weights_normalise_nothing",
    ),
    Statement(
        "Inception-ResNet-v2 at a quarter of its width, with residual scales 0.1 and 1 and a high learning rate. The "
        "unscaled network dies, the scaled one learns.",
        test=f"{STABILITY}::test_the_finished_map_has_dead_and_living_runs_and_says_so",
    ),
    Statement("(section 4.2); this paper tried 0.00001", source=f"arXiv 1512.03385, section 4.2; {PAPER}, section 3.3"),
    Statement(
        "with more than {} filters the residual variants became unstable and died early in training, so that after "
        "some tens of thousands of steps the last layer",
        source=S33,
    ),
    Statement("Scaling the residuals by 0.1 to 0.3 seemed to stabilise it", source=S33),
    Statement("In the paper a lower learning rate did not prevent death (section 3.3)", source=S33),
    Statement(
        "(arXiv 1512.03385, section 4.2) began a very deep ResNet at a rate of {}, on CIFAR-10",
        source="arXiv 1512.03385, section 4.2",
    ),
    Statement("a first phase at 0.00001 was not enough for very many filters", source=S33),
    Statement(
        "{} of {} dead runs learn with a smaller scale",
        test=f"{STABILITY}::test_a_cell_counts_its_seeds_and_finds_its_twins",
    ),
    Statement(
        "no dead run has a twin that learns with a smaller scale",
        test=f"{STABILITY}::test_a_cell_counts_its_seeds_and_finds_its_twins",
    ),
    Statement(
        "they grow several times as much without scaling as with it",
        test="tests/test_residual_scale.py::test_growth_without_scaling_depends_on_the_statistics",
    ),
    Statement(
        "on toy data, at a quarter of its width and a rate far above the paper's",
        test=f"{STABILITY}::test_the_default_is_narrower_than_the_paper_speaks_of",
    ),
    Statement(
        "A finished map of rate by scale at two widths is there at once; a map of two networks trains in a minute",
        test=f"{STABILITY}::test_the_finished_map_has_dead_and_living_runs_and_says_so",
    ),
)

PAGES = (
    Statement("See inside three networks of one paper", source=f"{PAPER}, section 3"),
    Statement("Reduction-A is the one block type that all three networks share", source=f"{PAPER}, Figure 7"),
    Statement(
        "The same plan, wider. v2 takes v4's stem and more filters.",
        check=f"channels stem = channels stem @ {V4} and params stem = params stem @ {V4} "
        f"and channels block_a > channels block_a @ {V1} and channels block_c > channels block_c @ {V1}",
        source=f"{PAPER}, captions of Figures 3 and 15",
    ),
    Statement("Residuals are scaled by about 0.1 before the sum", source=f"{PAPER}, caption of Figure 20"),
    Statement("with more than 1000 filters, residual networks died early in training", source=S33),
    Statement("Scaling the residual by 0.1 to 0.3 before the sum seemed to make training stable", source=S33),
    Statement(
        "The paper's Figures 21 to 26 show Inception-ResNets training faster than plain Inceptions of similar cost",
        source=f"{PAPER}, captions of Figures 21 to 26; how similar, see E8",
    ),
    Statement("1 MAC is one multiply-accumulate, 2 FLOPs.", check="flops = 2 * macs"),
    Statement("1 MAC is 2 FLOPs", check="flops = 2 * macs"),
    Statement("One MAC is one multiply-accumulate, or 2 FLOPs", check="flops = 2 * macs"),
    Statement(
        "fvcore counts the built module by its shapes: MACs for convolutions and linear layers (which it calls flops), "
        "2 per element for batch norm (here in evaluation mode), 1 per input element for the global average",
        test=LEDGER,
        source=FVCORE,
    ),
    Statement("Three counters, three totals", test=TOTALS),
    Statement(
        "Names in TF-slim and facenet are variable scopes and end points, in Keras layers",
        source=f"{SLIM}; {FACENET}; {KERAS}",
    ),
    Statement("B blocks in timm's v2 and A blocks in facenet-pytorch's v1", source=f"{TIMM}; {FACENET_PYTORCH}"),
    Statement("no text is smaller than 8 points there", test=EIGHT_POINTS),
    Statement(
        "at most 10 MB and 40 megapixels", test="tests/test_uploads.py::test_as_many_pixels_as_allowed_are_decoded"
    ),
    Statement("stops half a minute after the last tab", source="irnet/training/queue.py"),
    Statement("Choose up to three networks to compare with", source="app/pages/compare.py"),
    Statement("Three libraries count the built network", test=TOTALS),
    Statement("What three counters count", test=TOTALS),
    Statement(
        "with fewer filters and no pooling branch",
        check=f"channels block_b.0.body.concat < channels inception_b.0.concat @ {V4} "
        f"and params block_b.0 < params inception_b.0 @ {V4}",
    ),
    Statement("One block, Figure 7, in all three networks", source=FIG7),
    Statement(
        "those of the ResNets have one branch more",
        check=f"parts reduction_b.0 = parts reduction_b.0 @ {V4} + 1 and parts reduction_b.0 @ {V1} = "
        f"parts reduction_b.0 @ {V4} + 1",
    ),
    Statement(
        "another stem, a block before the A blocks, twice the blocks",
        check=f"knob a + knob b + knob c + 1 = 2 * knob a @ {V2} + 2 * knob b @ {V2} + 2 * knob c @ {V2}",
        of=V2_SLIM,
    ),
    Statement(
        "The same counts.", check="params = params @ inception_v4.tf_slim and macs = macs @ inception_v4.tf_slim", of=V4
    ),
    Statement("Section 3.2 gives v2 the cost of v4 (E8) and fewer layers (E9)", source=f"{PAPER}, section 3.2"),
    Statement(
        "The drawn v2 does fewer MACs than v4 with fewer convolutions; the released one does about as many MACs as v4 "
        "with more convolutions.",
        check=f"macs < macs @ {V4} and convolutions < convolutions @ {V4} and 0.9 < macs @ {V2_SLIM} / macs @ {V4} < "
        f"1.1 and convolutions @ {V2_SLIM} > convolutions @ {V4}",
    ),
    Statement(
        "x has {}, and only what is as wide as x can be added to it",
        check="channels block_a.0.project = in_channels block_a.0",
    ),
    Statement("float32 ends at 3.4e38", source="IEEE 754, binary32"),
    Statement("its standard deviation; the grating's amplitude is 1", source="irnet/training/images.py"),
    Statement("95 % of the gradient", source="irnet/lab/fields.py"),
    Statement(
        "where two figures draw the same curve they differ by at most 0.1 points",
        source="benchmarks/paper_curves.py",
    ),
    Statement(
        "a point is the mean of two epochs, in a band from the least to the most", source="irnet/provenance/curves.toml"
    ),
    Statement(
        "The subset leaves out about 1,700 images, which flatters the errors by about 0.3 (top-1) and 0.15 (top-5) "
        "points",
        source=f"{PAPER}, section 5",
    ),
)

LABS = (
    Statement(
        "Windows one after another see as far as one large window, with fewer weights",
        test="tests/test_labs.py::test_every_factorisation_sees_the_pixels_of_the_one_window",
        source=f"{V3_PAPER}, sections 3.1 and 3.2",
    ),
    Statement(
        "puts two 3x3 in the place of a 5x5, and a row and a column in the place of a square",
        source=f"{V3_PAPER}, sections 3.1 and 3.2",
    ),
    Statement("Strips worked well there on grids of 12 to 20 pixels, and not in early layers", source=RETHINKING),
    Statement(
        "To halve a grid, pooling first is cheap, but what follows never sees what pooling threw away; convolution "
        "first reads the whole grid, and costs accordingly.",
        test="tests/test_labs.py::test_pooling_first_alone_is_a_bottleneck_and_convolution_first_the_dearest",
        source=f"{V3_PAPER}, section 5, Figure 9",
    ),
    Statement(
        "does both at once and stacks the results (arXiv 1512.00567, section 5)",
        source=f"{V3_PAPER}, section 5, Figure 10",
    ),
    Statement(
        "so that the next one is given features of several scales at once (arXiv 1409.4842, section 4)",
        source="arXiv 1409.4842, section 4",
    ),
    Statement(
        "What is too large for one module is for those after it, whose fields are larger.",
        test="tests/test_labs.py::test_the_module_after_one_that_is_too_small_sees_it_whole",
    ),
    Statement(
        "With hard targets the loss rewards every further logit of lead without end.",
        test="tests/test_labs.py::test_the_best_lead_is_where_the_loss_is_least_and_there_is_none_without_smoothing",
    ),
    Statement(
        "uses 0.1 over 1000 classes and reports about 0.2 percentage points less error for it (arXiv 1512.00567, "
        "section 7)",
        source=f"{V3_PAPER}, section 7",
    ),
    Statement(
        "trains with decay 0.9, epsilon 1.0 and rate 0.045, which it lowers as training goes on (section 4)",
        source=f"{PAPER}, section 4",
    ),
    Statement(
        "Here the rate stays, so that near the minimum the steps become too long again",
        test="tests/test_labs.py::test_with_the_papers_settings_rmsprop_arrives_first_and_swings_again_near_the_minimum",
    ),
    Statement(
        "epsilon is added to the root, as PyTorch does, not below it, as TensorFlow does",
        test="tests/test_labs.py::test_every_step_is_that_of_pytorchs_optimisers",
        source="tensorflow/python/training/rmsprop.py of tensorflow/tensorflow at c652048",
    ),
    Statement(
        "adds its loss, with weight 0.3 in GoogLeNet, to give the early layers a gradient that has come less far",
        source="arXiv 1409.4842, section 5",
    ),
    Statement(
        "Where gradients do not vanish on their way, as with batch norm or other initial weights, it does next to "
        "nothing to them.",
        test="tests/test_labs.py::test_an_auxiliary_head_helps_where_gradients_vanish_and_hardly_where_they_do_not",
    ),
    Statement(
        "saw no faster start with auxiliary heads, only a slightly better end, and takes them for a regulariser",
        source=f"{V3_PAPER}, section 4",
    ),
)

PROVENANCE = (
    Statement(
        "the first layer that Ioffe and Szegedy 2015 describe for their own variant",
        source="arXiv 1502.03167, section 4.2.1 and Figure 5",
    ),
    Statement(
        "The two numbers are those of 8 filters of 7x7 for each of the 3 channels, then a 1x1 to 64",
        test=ERRATA_BY_HAND,
    ),
    Statement(
        "its operations are its weights times the pixels: in 4c the two printed numbers contradict each other, "
        "in 5a they agree with each other and not with the printed filters",
        test=ERRATA_BY_HAND,
    ),
    Statement(
        "The network of Krizhevsky et al. 2012 has 60 million by its own paper, the rows of Table 1 add up to "
        "7.0 million.",
        test=ERRATA_BY_HAND,
        source="Krizhevsky et al. 2012, abstract; arXiv 1409.4842, Table 1",
    ),
    Statement(
        "TorchVision's GoogLeNet has 6.6 million without its auxiliary heads.",
        check="6600000 < params < 6650000",
        of="googlenet.torchvision",
    ),
    Statement("A concatenation has as many channels as its branches have together.", test=ERRATA_BY_HAND),
    Statement(
        "With five such blocks there are 26.4 million parameters, with the four of the releases 23.8 million.",
        check=f"26400000 < params < 26450000 and 23800000 < params @ {V3} < 23850000",
        of="inception_v3.paper",
    ),
    Statement(
        "(there 1088, as their A blocks are narrower)",
        check=f"in_channels block_b = 1088 and channels block_a < channels block_a @ {V2}",
        of=V2_SLIM,
        source=f"{SLIM}; {KERAS}; {TIMM}; {CADENE}",
    ),
    Statement("(there 2080)", check="in_channels block_c = 2080", of=V2_SLIM, source=SLIM),
    Statement("Counted at 299 pixels", check="input = 299"),
    Statement(
        "A maintainer of TF-slim wrote that this is what the authors meant (tensorflow/models issue 1553)",
        source="tensorflow/models issue 1553",
    ),
    Statement(
        "Inception-v3's A block with a wider first branch",
        check=f"channels mixed_5b.0.b0 > channels mixed_5b.0.b0 @ {V3}",
        of=V2_SLIM,
    ),
    Statement(
        "The released v2 costs nearly half as much again as the drawn one", check=f"1.4 < macs @ {V2_SLIM} / macs < 1.5"
    ),
    Statement(
        "the often asked 1536 features where Fig. 19 lets one expect 2048",
        check="channels conv2d_7b = 1536",
        of=V2_SLIM,
    ),
    Statement(
        "what flows past them is narrower, since mixed 5b puts out less than Fig. 3",
        check=f"channels mixed_5b < channels stem @ {V2} and channels block_c < channels block_c @ {V2}",
        of=V2_SLIM,
    ),
    Statement("An old comment in TF-slim said 1024"),
    Statement(
        "one off by 0.01 already shows in the logits",
        test="tests/test_strengths.py::test_a_scale_off_by_a_hundredth_and_another_eps_show_in_the_logits",
    ),
    Statement(
        "Counts are equal, weights are not: a checkpoint",
        test="tests/test_errata.py::test_e2_and_e3_change_no_count",
    ),
    Statement(
        "Counts and checkpoints with it are larger",
        test="tests/test_claims.py::test_the_auxiliary_head_has_the_parameters_of_a_module_made_by_hand",
    ),
    Statement("Keep 0.8 is drop 0.2.", check="10 - 8 = 2"),
    Statement(
        "Several ports drop 0.8.", source="inception_resnet_v2.py of titu1994/Inception-v4 at 8e244d3: Dropout(0.8)"
    ),
    Statement(
        "0.0003 trains as TF-slim does, 0.005 as facenet",
        check="10000 - 9997 = 3 and 1000 - 995 = 5",
        source=f"{SLIM}: a decay of 0.9997; {FACENET}: a decay of 0.995",
    ),
    Statement(
        "A fixed 8x8 window fails on smaller maps and on larger ones averages a corner",
        source="torch.nn.AvgPool2d in PyTorch 2.13: (side - 8) // 8 + 1 windows",
    ),
    Statement("With another mean and std the same weights are expected to score lower"),
    Statement("TF-slim's comment on output_stride has the two grids the wrong way round", source=SLIM),
)

README = (
    Statement(
        "Figure 17 prints 1154 filters, and the sum with 1152 channels refuses", check="channels reduction_a = 1152"
    ),
    Statement("Python 3.11 or newer", source="pyproject.toml"),
    Statement("takes some twenty minutes on two cores"),
    Statement("ways in, the three networks side by side", source="app/pages/overview.py"),
    Statement("A bar leads to five places from every page", source="app/bar.py"),
    Statement("arrows as wide as their channels", test=ARROWS),
    Statement("two to four networks on one canvas", source="app/pages/lesson_editor.py"),
    Statement(
        "Ten comparisons are one click away", test="tests/test_statements.py::test_the_readme_counts_what_there_is"
    ),
    Statement(
        "On E4, type 1154 and see the sum refuse",
        test="tests/test_errata.py::test_the_sum_refuses_the_printed_width_and_takes_the_one_used",
    ),
    Statement("a ledger that explains every difference between the three to the unit", test=LEDGER),
    Statement("at five scales side by side", source="app/pages/activations.py"),
    Statement("the smallest box that holds 95 % of it", source="irnet/lab/fields.py"),
    Statement("3039 pixels on a picture of 299", check="field block8 = 3039 and input = 299", of=V2_SLIM),
    Statement("with no text under 8 points", test=EIGHT_POINTS),
    Statement(
        "one sentence on stderr and exit status 2",
        test="tests/test_hostile.py::test_a_hostile_command_ends_in_output_or_one_sentence",
    ),
    Statement("1 MAC = 2 FLOPs.", check="flops = 2 * macs"),
    Statement(
        "where branches meet, the largest",
        test="tests/test_receptive_field.py::test_a_field_is_what_reaches_the_output_of_any_spec",
    ),
    Statement("names the thousand classes", check="channels classifier = 1000"),
    Statement("An upload has at most 300 MB", source=".streamlit/config.toml"),
    Statement("at most 256 MB", source="app/server/store.py"),
    Statement(
        "On one process and two cores, shared with the readers' side of the benchmark, a hundred readers at 20 actions "
        "a second got half of their answers within some 90 ms and 95 % within some 250 ms",
        source=RESULTS,
    ),
    Statement(
        "When twenty more open the residual lab in the same second, 95 % come within 0.2 to 1.7 seconds from run to "
        "run, so plan for two processes"
    ),
    Statement(
        "Inputs above 1024 pixels a side and networks above 300 million parameters", source="app/server/networks.py"
    ),
    Statement(
        "Six blocks with many branches and two long comparisons do not fit one column of a two-column paper with text "
        "of 8 points",
        test="tests/test_figures.py::test_most_figures_of_the_paper_fit_one_column_and_all_fit_a_page_and_a_slide",
    ),
    Statement(
        "A column is 252 points of TeX wide, as IEEEtran's; that of LaTeX's own article is 229.5",
        test="tests/test_figures.py::test_a_figure_of_a_column_is_no_wider_than_252_points_of_tex_to_the_point",
        source="pdfTeX's \\columnwidth of article, TeX Live 2022; of IEEEtran as its users print it",
    ),
    Statement("in some fifteen minutes on two cores", source=RESULTS),
    Statement(
        "sends more than 10,000 hostile inputs, every verb's and page's among them, holds each to 4 seconds and 128 MB "
        "(20 and 512 where a network is run)",
        test="tests/test_hostile.py::test_the_cases_are_ten_thousand_or_more",
    ),
)

LINE = (
    Statement("Each 5x5 window becomes two 3x3 windows", source="arXiv 1502.03167v3, section 4.2 and appendix"),
    Statement("Batch norm enters the line, and the 5x5 becomes two 3x3.", check=TWO_FOR_ONE, of=BN),
    Statement("Each 5x5 of GoogLeNet became two 3x3 windows, one after the other.", check=TWO_FOR_ONE, of=BN),
    Statement("The 5x5 becomes two 3x3", check=TWO_FOR_ONE, of=BN),
    Statement("do the two 3x3 of BN-Inception widen it?", check=TWO_FOR_ONE, of=BN),
    Statement("Batch norm and windows made of smaller ones came on top", source="arXiv 1512.00567v1, section 3"),
    Statement(
        "a pooling that kept its width would make every module wider than the one before",
        source="arXiv 1409.4842v1, section 4",
    ),
    Statement(
        "Two modules of the middle grid were given a small classifier at their side, the first and the fourth.",
        source="arXiv 1409.4842v1, section 5: on top of 4a and 4d",
    ),
    Statement("their losses were added to the main one, each times 0.3", source="arXiv 1409.4842v1, section 5"),
    Statement(
        "The depth is that of the longest way through the network",
        test="tests/test_lineage.py::test_depth_and_size_are_what_the_names_and_papers_say",
    ),
    Statement(
        "with them a network gets there in fewer epochs, while the error at the end depends on its size",
        check=f"epochs @ {V1} < epochs @ {V3} and epochs < epochs @ {V4}",
        source=f"{PAPER}, caption of Figure 25",
    ),
    Statement(
        "4 sizes of the image, 3 squares of each, 6 crops of each square, and their mirror images",
        check="4 * 3 * 6 * 2 = 144",
        source="arXiv 1409.4842v1, section 7",
    ),
    Statement(
        "the work is multiplied by as much",
        test="tests/test_published_charts.py::test_work_is_that_of_all_crops_and_models",
    ),
    Statement(
        "One Inception-v4 and three Inception-ResNet-v2 came to the 3.1 % top-5 error that the paper's abstract "
        "reports, 3.08 % on the test set.",
        source=f"{PAPER}, abstract, Table 5 and section 5",
    ),
    Statement("Windows are factorised into smaller ones and into strips", source="arXiv 1512.00567v1, section 3"),
    Statement("doubling every width makes it four times as costly", source="arXiv 1512.00567v1, section 1"),
    Statement("All blocks on one grid are alike, there are more of them", source=f"{PAPER}, section 3.1"),
    Statement(
        "The plan of Inception-ResNet-v1 with wider blocks",
        check=f"channels block_a.0.body.concat > channels block_a.0.body.concat @ {V1} "
        f"and channels block_b.0.body.concat > channels block_b.0.body.concat @ {V1} "
        f"and channels block_c.0.body.concat > channels block_c.0.body.concat @ {V1}",
    ),
    Statement("when the two are separated altogether", source="arXiv 1610.02357v3, section 1"),
    Statement(
        "Of the changes that the paper lists one by one, factorising the first 7x7 brought most.",
        check="22.8 - 21.6 > 21.6 - 21.2 and 21.6 - 21.2 > 23.4 - 23.1 and 21.6 - 21.2 > 23.1 - 22.8",
        source="arXiv 1512.00567v1, Table 3",
    ),
    Statement("very well on grids of 12 to 20 pixels", source="arXiv 1512.00567v1, section 3.2"),
    Statement("Table 3 of the paper adds one change after the other", source="arXiv 1512.00567v1, Table 3"),
    Statement(
        "the factorised network 23.4 %, with RMSProp 23.1 %, with label smoothing 22.8 %, with the first 7x7 "
        "factorised 21.6 %",
        test="tests/test_published.py::test_a_lesson_prints_what_the_table_of_inception_v3_has",
    ),
    Statement(
        "Only the chain is wider.",
        check=f"channels mixed_6a.0.b0 @ {V3} = channels reduction_a.0.b1 and channels mixed_6a.0.b1 @ {V3} "
        "< channels reduction_a.0.b2",
        of=V4,
    ),
    Statement(
        "With sums, training gets there in fewer epochs.",
        check=f"epochs @ {V1} < epochs @ {V3} and epochs < epochs @ {V4}",
    ),
    Statement("Fewer epochs", check=f"epochs @ {V1} < epochs @ {V3}"),
    Statement("drew their errors, epoch by epoch, in Figure 21", source=f"{PAPER}, Figure 21"),
    Statement("For Inception-v4 and Inception-ResNet-v2, in Figure 23, it is", source=f"{PAPER}, Figure 23"),
    Statement("The caption of Figure 25 says it too", source=f"{PAPER}, caption of Figure 25"),
    Statement("with more than about a thousand filters, says the paper", source=S33),
)
STATEMENTS = (*TOUR, *BLOCKS, *RESIDUALS, *COUNTING, *DEATH, *PAGES, *LABS, *PROVENANCE, *README, *LINE)

# Words that count or compare and claim nothing: titles, questions, advice, settings and examples.
PHRASES = (
    "Going Deeper with Convolutions",
    "The small lab Three sizes",
    "a third after the pooling",
    "10 or 12 crops",
    "144 crops",
    "nearest relative",  # of an opened network: found by irnet.opening.check
    "The targets, and where the loss is least",
    "Smallest on the way",
    "Steps to less than {} % of the first loss",
    "The first {} steps towards (0, 0)",
    "PyTorch, TorchScript, safetensors, ONNX, Keras, NumPy or TensorFlow",
    "a third axis",
    "(model.py, line 19)",
    "held-out accuracy less that of one and the same answer",
    "Less at the end is at chance: a few images more or less are luck.",
    "with the smallest scale",
    "Which of the two blocks could be left out",
    'The lesson "Which v2 is timm\'s?" takes it apart.',
    "wider than a thousand channels?",
    "A square of 7 by 7 has {7 * 7} weights",
    "How many do the two strips have together?",
    "For 7 by 7 it is {7 + 7} of {7 * 7}.",
    "became twice as wide",
    "keeps what is strongest in a window",
    "A correction of zero or more.",
    "a batch of 32",
    "Everything that differs between the two Inception-ResNets",
    "The two Inception-ResNets share one architecture",
    "Two stems",
    "Which v2 is timm's?",
    "Two networks of one name",
    "compares two networks",
    "Two numbers that look alike",
    "Reduction-A in all three",
    "Reduction-B in all three",
    "the counts say how nearly",
    "the three below are the paper's",
    "One column of a two-column paper (252 points of TeX",
    "A photograph has 3 channels; the {} of the network are",
    "The network has 1 input channel and is given the luminance",
    "try a shorter word or a deeper tree",
    "channels stem.0.concat + 64",
    "[words](1/block_b)",
    "This network has as many edits as are possible",
    "Two to four, all of the same width",
    "Choose a smaller input, width or depth.",
    "comes with the nearest legal one",
    "Side of the smallest square image",
    "The likeliest classes of the photograph",
    "its strongest channels",
    "Channel, 0 to {}",
    "powers of ten",
    "Longer side of what an output",
    "The field is larger than the picture from {} on",
    "No field is larger than the picture",
    "would need {} more memory for a batch of {}",
    "one, or two to four side by side",
    "It goes two ways",
    "0 leaves accuracy out",
    "8 gratings, or all",
    "with the nearest fix",
    "lists the likeliest classes",
    "measures one thing for longer",
    "what ten thousand networks leave behind",
    "it is where two trainings of one network first part",
)
