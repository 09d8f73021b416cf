"""Three lessons on the sum: what comes before it, what multiplies it, and what is left off it."""

from __future__ import annotations

from irnet.lessons.value import Lesson, Note, Question, Step

V1, V2, SLIM = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_resnet_v2.tf_slim"

LINEAR = Lesson(
    "linear-and-sum",
    "The linear 1x1 and the sum",
    (
        Step(
            title="Two arrows meet",
            networks=(V1,),
            turned=("block_a",),
            selected="block_a.0.add",
            prose="""[The sum](block_a.0.add) adds two maps, number by number. One is the block's input,
which took the shortcut; the other is what [the branches](block_a.0.body.concat) found, after [a
1x1](block_a.0.project) and [a constant](block_a.0.scale). Numbers can only be added in pairs, so both maps need
the same grid and the same width.""",
            notes=(Note("block_a.0.project", "The only box whose width nobody chooses: it is that of the input."),),
            question=Question(
                "The branches stack {channels block_a.0.body.concat} channels. The input has {in_channels block_a.0}. "
                "How many filters has the 1x1?",
                "channels block_a.0.project",
                explanation="""{channels block_a.0.project}. The paper calls it filter expansion: from {channels
block_a.0.body.concat} to {channels block_a.0.project}.""",
            ),
        ),
        Step(
            title="Why it is linear",
            networks=(V1,),
            turned=("block_a",),
            selected="block_a.0.project",
            prose="""A ReLU puts out nothing below zero. If [the 1x1](block_a.0.project) ended in one, a
block could only ever **add** to its input, and the map would grow from block to block. Without it a correction can
go either way; the ReLU comes after [the sum](block_a.0.add).

It has a bias instead of a batch norm in the released code, and the paper does not say.""",
            question=Question(
                "With a ReLU at the end of the 1x1, what could a block do to a positive number of its input?",
                "Keep it or raise it",
                ("Keep it or raise it", "Keep it or lower it", "Anything"),
                "A correction of zero or more.",
            ),
        ),
        Step(
            title="What it costs",
            networks=(V2,),
            turned=("block_b",),
            selected="block_b.0.project",
            overlay="parameters",
            controls=("overlay",),
            prose="""Where the input is wide, the expansion is no small thing. In a B block of
Inception-ResNet-v2 [it](block_b.0.project) has {params block_b.0.project|short} of the block's {params
block_b.0|short} parameters.""",
            question=Question(
                "Which share of the B block's parameters is that, in percent?",
                "100 * params block_b.0.project / params block_b.0",
                tolerance=0.15,
                explanation="{params block_b.0.project / params block_b.0|share}.",
            ),
        ),
    ),
    "How a block's findings are made to fit its input.",
)

SCALE = Lesson(
    "scale-and-death",
    "Scale and death",
    (
        Step(
            title="What died",
            networks=(V2,),
            turned=("block_c",),
            selected="block_c.0.add",
            prose="""Section 3.3 tells of networks that died early in their training: the last map before [the
average](pool) was zero everywhere. It happened where the map was wide. [The sum](block_c.0.add) of a C block has
{channels block_c} channels.

A map that is zero after its ReLU has no gradient to bring it back. That is why such a network does not recover.""",
            question=Question(
                "Which remedies did the authors try in vain?",
                "A lower learning rate, and one more batch norm",
                (
                    "A lower learning rate, and one more batch norm",
                    "Fewer filters, and a larger batch",
                    "Another optimiser alone",
                ),
                "Where filters were very many, even warming up at a rate of 0.00001 was not enough.",
            ),
        ),
        Step(
            title="What the constant multiplies",
            networks=(V2,),
            turned=("block_b",),
            selected="block_b.0.scale",
            controls=("scale_b",),
            prose="""[The scale](block_b.0.scale) stands between [the linear 1x1](block_b.0.project) and
[the sum](block_b.0.add). It multiplies the **correction**, never the shortcut.

Turn it to 0 and a block does nothing but a ReLU; at 1 the correction counts in full.""",
            question=Question(
                "Ten blocks in a row each add a correction as large as their first input, all in the same direction, "
                "times {knob scale_b}. How many times as large is the end?",
                "1 + 10 * knob scale_b",
                tolerance=0.01,
                explanation="Without the scale it would be {1 + 10} times. Real corrections point in all directions; "
                "the page Activations measures what becomes of them.",
            ),
        ),
        Step(
            title="Scales in the release",
            networks=(SLIM,),
            turned=("block8",),
            selected="block8.0.add",
            prose="""The released network gives every kind of block its own: {knob scale_a} in [A](block_a),
{knob scale_b} in [B](block_b), {knob scale_c} in [C](block_c). Its [last block](block8.0.add) has none, and no
ReLU after the sum either, so that what goes on may be negative.

None of this is in the paper. That scaling seemed to make training stable is a statement about **training**; untrained
weights can only show how magnitudes travel.""",
            question=Question(
                "Every scaled number costs one multiplication. How many million are that for one picture, without the "
                "last block?",
                "products / 1000000 - elements block8.0.scale / 1000000",
                tolerance=0.3,
                explanation="""{products - elements block8.0.scale|short}, which is {products / macs -
elements block8.0.scale / macs|share} of the MACs. fvcore leaves it out.""",
            ),
        ),
    ),
    "Why very wide residual networks died in training, and what a small constant changes.",
)

NORMED = "inception_resnet_v2.paper (sum_norm=true)"

MEMORY = Lesson(
    "batch-norm-and-memory",
    "Batch norm and memory",
    (
        Step(
            title="Where batch norm stands",
            networks=(V2,),
            turned=("block_a", "block_a.0.body.b0"),
            selected="block_a.0.body.b0.bn",
            prose="""An ordinary box of the figures is three things: [a convolution](block_a.0.body.b0.conv)
without bias, [batch norm](block_a.0.body.b0.bn), and [a ReLU](block_a.0.body.b0.relu). Batch norm brings every
channel to mean zero and deviation one over the batch, then gives it a factor and an offset to learn.

[The linear 1x1](block_a.0.project) and [the sum](block_a.0.add) have none.""",
            question=Question(
                "This convolution has {channels block_a.0.body.b0} filters. How many parameters has its batch norm?",
                "params block_a.0.body.b0.bn",
                explanation="""Two a channel: a factor and an offset. Its mean and deviation are measured, not
learned.""",
            ),
        ),
        Step(
            title="What training has to remember",
            networks=(V2,),
            overlay="activation memory",
            controls=("overlay",),
            prose="""To work out gradients, a training step keeps what the forward pass went through: the
input of every convolution, of every batch norm, the output of every ReLU. For one picture of {input} pixels that
is {kept|B} here, in float32; for a batch of 32 it is {32 * kept|B}. The weights themselves take {4 * params|B}.

The colour shows where the numbers are: early, where the grid is large.""",
            question=Question(
                "How many times the memory of the weights does a batch of 32 keep?",
                "32 * kept / 4 / params",
                tolerance=0.3,
                explanation="{32 * kept / 4 / params|fold}: activations, not weights, fill a GPU.",
            ),
        ),
        Step(
            title="Batch norm on the sums",
            networks=(V2, NORMED),
            turned=("0/block_a", "1/block_a"),
            prose="""The authors left batch norm [off the sums](0/block_a.0.add) so that a whole copy of the
network fitted on one GPU of the time, and put what that saved into more blocks. On the right it is
[there](1/block_a.0.add). The parameters hardly notice:
{params|short} become {params @ inception_resnet_v2.paper (sum_norm=true)|short}. But each such batch norm has to
keep the whole sum.""",
            question=Question(
                "By how many percent does the memory that is kept for a picture grow?",
                "100 * kept @ inception_resnet_v2.paper (sum_norm=true) / kept - 100",
                tolerance=0.3,
                explanation="""From {kept|B} to {kept @ inception_resnet_v2.paper (sum_norm=true)|B}. Sums are the
widest maps of their grids.""",
            ),
        ),
    ),
    "Why the sums have no batch norm: not a principle, but the size of a GPU.",
)

RESIDUALS = (LINEAR, SCALE, MEMORY)
