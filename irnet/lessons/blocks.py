"""Four lessons on what is inside a block."""

from __future__ import annotations

from irnet.lessons.value import Lesson, Note, Question, Step

V4, V2 = "inception_v4.paper", "inception_resnet_v2.paper"

FIRST_1X1 = Lesson(
    "one-by-one-first",
    "Why a 1x1 comes first",
    (
        Step(
            title="A narrow door",
            networks=(V4,),
            turned=("inception_a",),
            selected="inception_a.0.b2.0",
            prose="""[This 1x1](inception_a.0.b2.0) looks at one pixel at a time, so it can't find a shape.
It mixes {in_channels inception_a.0} channels down to {channels inception_a.0.b2.0}. [The 3x3 behind
it](inception_a.0.b2.1) then looks at the neighbourhood, in a map that has become narrow.

A convolution's work is: pixels, times window, times channels in, times channels out. The door makes one of the
factors smaller before the window makes the product large.""",
            question=Question(
                "How many times the work would the 3x3 be without the 1x1 before it?",
                "in_channels inception_a.0 / in_channels inception_a.0.b2.1",
                explanation="""It would read {in_channels inception_a.0} channels instead of {in_channels
inception_a.0.b2.1}. Everything else stays.""",
            ),
        ),
        Step(
            title="What the door costs",
            networks=(V4,),
            turned=("inception_a",),
            selected="inception_a.0.b2",
            overlay="MACs",
            controls=("overlay",),
            prose="""The 1x1 is not free: [it](inception_a.0.b2.0) takes {macs inception_a.0.b2.0|MAC}, and
[the 3x3](inception_a.0.b2.1) {macs inception_a.0.b2.1|MAC}. Together that is {macs inception_a.0.b2|MAC}. A 3x3
straight on the input would take {macs inception_a.0.b2.1 * in_channels inception_a.0 / in_channels
inception_a.0.b2.1|MAC}.

[The longest branch](inception_a.0.b3) has two 3x3 behind the door, and only [the first](inception_a.0.b3.1) profits:
{macs inception_a.0.b3.1|MAC}, as above. [The second](inception_a.0.b3.2) reads the {in_channels inception_a.0.b3.2}
channels of the first; its {macs inception_a.0.b3.2|MAC} would be the same without a door.""",
            question=Question(
                "Which share of the direct 3x3's work does the branch with the door do, in percent?",
                "100 * macs inception_a.0.b2 / macs inception_a.0.b2.1 * in_channels inception_a.0.b2.1 "
                "/ in_channels inception_a.0",
                tolerance=0.15,
                explanation="""{macs inception_a.0.b2|MAC} of {macs inception_a.0.b2.1 * in_channels inception_a.0 /
in_channels inception_a.0.b2.1|MAC}.""",
            ),
        ),
        Step(
            title="The pooling branch has its door behind",
            networks=(V4,),
            turned=("inception_a",),
            selected="inception_a.0.b0.1",
            prose="""Pooling has no weights and mixes no channels, so there is nothing to save before it.
[Its 1x1](inception_a.0.b0.1) comes after [the pooling](inception_a.0.b0.0): without it, this branch would hand on
all {channels inception_a.0.b0.0} channels, and every block would be wider than the last.""",
            question=Question(
                "How wide would the block's output be if the pooling branch had no 1x1?",
                "channels inception_a.0.concat - channels inception_a.0.b0 + channels inception_a.0.b0.0",
                explanation="""{channels inception_a.0.b0.0} channels in place of {channels inception_a.0.b0}; each of
the {knob a|numeral} blocks in a row would be wider than the one before.""",
            ),
        ),
    ),
    "Channels are mixed down before a window looks around.",
)

_JOINED = "inception_v4.paper (inception_b.0.b2.1.kernel=7)"

FACTORISED = Lesson(
    "factorised",
    "nxn into 1xn and nx1",
    (
        Step(
            title="A square from two strips",
            networks=(V2,),
            turned=("block_b",),
            selected="block_b.0.body.b1.1",
            prose="""[A strip](block_b.0.body.b1.1) that is one pixel high looks along a row; [a
strip](block_b.0.body.b1.2) that is one pixel wide looks along a column. One after the other they see a square of 7
by 7 pixels: every pixel of the square has a way to the output, through its row and then its column.

Between the two stand a batch norm and a ReLU, so it is no exact copy of a square convolution, and not meant to be
one.""",
            question=Question(
                "A square of 7 by 7 has {7 * 7} weights for every pair of channels. How many have the two strips "
                "together?",
                "7 + 7",
                explanation="7 and 7. The gain grows with the window: for 3 by 3 it would be {3 + 3} against {3 * 3}.",
            ),
        ),
        Step(
            title="The same block with a square",
            networks=(V4, _JOINED),
            turned=("0/inception_b", "1/inception_b"),
            prose="""On the left [a 1x7](0/inception_b.0.b2.1) as printed, on the right [a
7x7](1/inception_b.0.b2.1) in its place: an edit of this project, to see what it would cost. Nothing else changes;
widths and grids stay.

The strip has {params inception_b.0.b2.1|short} parameters, the square {params inception_b.0.b2.1 @
inception_v4.paper (inception_b.0.b2.1.kernel=7)|short}.""",
            question=Question(
                "By how many million parameters does the whole network grow, if all B blocks get the square?",
                "params @ inception_v4.paper (inception_b.0.b2.1.kernel=7) / 1000000 - params / 1000000",
                tolerance=0.25,
                explanation="""From {params|short} to {params @ inception_v4.paper
(inception_b.0.b2.1.kernel=7)|short}, for one convolution in each of {knob b} blocks.""",
            ),
        ),
        Step(
            title="Where it is worth while",
            networks=(V4,),
            turned=("inception_c",),
            selected="inception_c.0.b3",
            prose="""Strips of 7 stand on the grid of {side inception_b} pixels. On {side inception_a} pixels the
blocks keep square windows of 3 by 3. Two strips of 3 would save {1 - 6 / 9|multiple} there, as on any grid, but
saving was not the question: in "Rethinking the Inception Architecture" (arXiv 1512.00567) the authors report that
strips did not work well in early layers and worked very well on grids of 12 to 20 pixels. On {side inception_c}
pixels the windows are 3 long, and the last two strips run [side by side](inception_c.0.b3.3) instead of one after the
other: the map is small there, and the block is meant to become wide.""",
            notes=(Note("inception_c.0.b3.3", "Two strips side by side: each sees three pixels, no square."),),
            question=Question(
                "Two strips of 3 stand in for a 3 by 3. Which share of its weights do they have, in percent?",
                "100 * 6 / 9",
                tolerance=0.03,
                explanation="{3 + 3} of {3 * 3}. For 7 by 7 it is {7 + 7} of {7 * 7}.",
            ),
        ),
    ),
    "Two strips see what a square sees, for a fraction of the weights.",
)

WIDTHS = Lesson(
    "widths-add-up",
    "Why concatenated widths add up",
    (
        Step(
            title="Maps stacked like sheets",
            networks=(V4,),
            turned=("inception_a",),
            selected="inception_a.0.concat",
            edges="channels",
            prose="""Every branch of a block puts out maps of the same grid, {side inception_a.0} pixels
wide. A [concatenation](inception_a.0.concat) lays them on one stack, in the order of the branches. Nothing is
mixed, nothing is lost: the number of channels is the sum. The arrows are as wide as what runs along them.""",
            question=Question(
                "The branches put out {channels inception_a.0.b0}, {channels inception_a.0.b1}, "
                "{channels inception_a.0.b2} and {channels inception_a.0.b3} channels. How many are stacked?",
                "channels inception_a.0.b0 + channels inception_a.0.b1 + channels inception_a.0.b2 "
                "+ channels inception_a.0.b3",
                explanation="{channels inception_a.0.concat}, the width that came in.",
            ),
        ),
        Step(
            title="What is inside does not count",
            networks=(V4,),
            turned=("inception_b",),
            selected="inception_b.0.b3.4",
            prose="""Of a branch only [the last convolution](inception_b.0.b3.4) counts towards the stack.
The ones before it, such as [this one](inception_b.0.b3.2), set what the branch costs. That is why Table 1 can turn
k and l without changing the width of Reduction-A, and why the released code could change the order of strips
without changing a single shape.""",
            question=Question(
                "If every 1x1 that a branch of this block begins with became twice as wide, how many channels "
                "would leave?",
                "{channels inception_b.0.concat + channels inception_b.0.b1}",
                (
                    "{channels inception_b.0.concat}",
                    "{channels inception_b.0.concat + channels inception_b.0.b1}",
                    "{2 * channels inception_b.0.concat}",
                ),
                """Three branches begin with a 1x1. In two of them other convolutions follow, so their
ends stay as they are; [the third](inception_b.0.b1) is a 1x1 alone, and its beginning is its end.""",
            ),
        ),
        Step(
            title="A sum in the whole network",
            networks=(V2,),
            turned=("reduction_b",),
            selected="reduction_b.0.concat",
            prose="""Widths of stages follow from each other. [Reduction-B](reduction_b.0.concat) stacks
[all that comes in](reduction_b.0.b0) and three branches; the C blocks add to that width and can't change it. So
the last map of Inception-ResNet-v2 has {channels reduction_b} channels if Figure 18 is right. Figure 19 prints 2048,
which the filters of Figure 12 would give: the page Errata shows both readings, under E5.""",
            question=Question(
                "{channels reduction_b.0.b0} come in. The branches add {channels reduction_b.0.b1}, "
                "{channels reduction_b.0.b2} and {channels reduction_b.0.b3}. What is the sum?",
                "channels reduction_b.0.b0 + channels reduction_b.0.b1 + channels reduction_b.0.b2 "
                "+ channels reduction_b.0.b3",
                explanation="{channels reduction_b}.",
            ),
        ),
    ),
    "A stack is as wide as its parts together; a whole network can be added up that way.",
)

REDUCTIONS = Lesson(
    "reductions",
    "What the reduction blocks do in parallel",
    (
        Step(
            title="Three ways to halve a grid",
            networks=(V4,),
            turned=("reduction_a",),
            selected="reduction_a.0.b0",
            prose="""A reduction makes {in_side reduction_a} pixels into {side reduction_a}, three times
over: [max pooling](reduction_a.0.b0) keeps what is strongest in a window, [a 3x3 of stride 2](reduction_a.0.b1)
learns what to keep, and [a longer branch](reduction_a.0.b2) first looks around. All end on the same grid, or they
could not be [stacked](reduction_a.0.concat).

Pooling first and convolving then would squeeze everything through a small map. Convolving first and pooling then
would pay for pixels that are thrown away. In parallel, neither happens.""",
            question=Question(
                "Which share of the channels that leave comes from pooling, in percent?",
                "100 * channels reduction_a.0.b0 / channels reduction_a.0.concat",
                tolerance=0.1,
                explanation="{channels reduction_a.0.b0} of {channels reduction_a.0.concat}, and without any weights.",
            ),
        ),
        Step(
            title="No padding",
            networks=(V4,),
            turned=("reduction_a",),
            selected="reduction_a.0.b2.2",
            overlay="receptive field",
            controls=("overlay",),
            prose="""The boxes marked V have no padding: a window of 3 that jumps by 2 fits {side
reduction_a} times into {in_side reduction_a} pixels. [The last step](reduction_a.0.b2.2) of the long branch sees a
field of {field reduction_a.0.b2} pixels of the picture, [the pooling](reduction_a.0.b0) one of {field
reduction_a.0.b0}.""",
            question=Question(
                "A window of 3 with stride 2 and no padding slides over {in_side reduction_b} pixels. "
                "How many places does it have?",
                "side reduction_b",
                explanation="({in_side reduction_b} - 3) / 2 + 1 = {side reduction_b}.",
            ),
        ),
        Step(
            title="Reduction-B is not shared",
            networks=(V4, V2),
            turned=("0/reduction_b", "1/reduction_b"),
            prose="""All three networks share Reduction-A. The second reduction is v4's own, with [a branch
of strips](0/reduction_b.0.b2); the residual networks have [two short branches](1/reduction_b.0.b1) and [a longer
one](1/reduction_b.0.b3), and differ in their filters only.""",
            question=Question(
                "How many channels does v4's Reduction-B add to the {in_channels reduction_b} that come in?",
                "channels reduction_b - in_channels reduction_b",
                explanation="{channels reduction_b.0.b1} and {channels reduction_b.0.b2}.",
            ),
        ),
    ),
    "Pooling and strided convolutions side by side, and why.",
)

BLOCKS = (FIRST_1X1, FACTORISED, WIDTHS, REDUCTIONS)
