"""Three lessons on names and numbers: v1 against v2, which v2, and what a MAC is."""

from __future__ import annotations

from irnet.lessons.value import Lesson, Question, Step

V4, V1, V2 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"
SLIM = "inception_resnet_v2.tf_slim"

VERSIONS = Lesson(
    "v1-against-v2",
    "v1 against v2 in one table",
    (
        Step(
            title="One plan",
            networks=(V1, V2),
            table="knobs",
            fade=True,
            controls=("level", "fade"),
            prose="""Both Inception-ResNets are drawn in one figure, 15: {knob a} blocks A, {knob b} blocks B, {knob c}
blocks C, with a reduction after A and one after B. Version 2 is no later invention but the wider of the two. The paper
says that v1 costs roughly what Inception-v3 costs, and v2 what Inception-v4 costs. Counted from the figures, v1 does
{macs / macs @ inception_v3.tf_slim} times the MACs of Inception-v3, but v2 only {macs @ inception_resnet_v2.paper /
macs @ inception_v4.paper} times those of Inception-v4: see E8 on the page Errata.

The table has every knob that differs: all are letters of [Reduction-A](0/reduction_a), and n is the same in both.""",
            question=Question(
                "How many channels wider is v2 than v1 after Reduction-A?",
                "channels reduction_a @ inception_resnet_v2.paper - channels reduction_a",
                explanation="""{channels reduction_a @ inception_resnet_v2.paper} against {channels reduction_a}: the
A blocks are wider by {channels block_a @ inception_resnet_v2.paper - channels block_a}, and so is m.""",
            ),
        ),
        Step(
            title="Two stems",
            networks=(V1, V2),
            turned=("0/stem", "1/stem"),
            prose="""[v1's stem](0/stem.0) is a plain chain, near to that of Inception-v3. [v2's](1/stem.0)
is the branching stem of Inception-v4. Both end on {side stem} pixels, with {channels stem} and {channels stem @
inception_resnet_v2.paper} channels.""",
            question=Question(
                "Which stem has more parameters?",
                "v1's",
                ("v1's", "v2's", "They have the same number"),
                """{params stem|short} against {params stem @ inception_resnet_v2.paper|short}: the chain
ends in a wide 3x3, where the branches share the work.""",
            ),
        ),
        Step(
            title="What it adds up to",
            networks=(V1, V2),
            table="parameters",
            turned=("0/block_b", "1/block_b"),
            prose="""The blocks have the same branches with other filters. In [v1's B
block](0/block_b.0.body.concat) the branches stack {channels block_b.0.body.concat} channels, in
[v2's](1/block_b.0.body.concat) {channels block_b.0.body.concat @ inception_resnet_v2.paper}. The table sums up the
parts.""",
            question=Question(
                "v1 has {params|short} parameters. How many millions has v2?",
                "params @ inception_resnet_v2.paper / 1000000",
                tolerance=0.2,
                explanation="""{params @ inception_resnet_v2.paper|short}. The network that is usually loaded under
this name has {params @ inception_resnet_v2.tf_slim|short}: it is another one.""",
            ),
        ),
    ),
    "What differs between the two Inception-ResNets, complete.",
)

WHICH = Lesson(
    "which-v2",
    "Which v2 is timm's?",
    (
        Step(
            title="Two networks of one name",
            networks=(V2, SLIM),
            fade=True,
            controls=("level", "fade"),
            prose="""On the left Inception-ResNet-v2 as the figures draw it, on the right as TF-slim
released it. timm, Keras and Cadene's collection carry the right one: they share its weights. Whoever compares a
checkpoint with the paper compares two networks.

The release has [another stem](1/stem) and a [block of Inception-v3](1/mixed_5b) behind it, and more blocks: {knob
a} became {knob a @ inception_resnet_v2.tf_slim}, {knob b} became {knob b @ inception_resnet_v2.tf_slim}.""",
            question=Question(
                "timm's inception_resnet_v2 says {params @ inception_resnet_v2.tf_slim|short} parameters. Whose is it?",
                "The release's",
                ("The paper's", "The release's"),
                "The network of the figures has {params|short}.",
            ),
        ),
        Step(
            title="Why 1536 channels",
            networks=(SLIM,),
            turned=("conv2d_7b",),
            selected="conv2d_7b",
            prose="""The last map of the release has {channels conv2d_7b} channels, and no figure says so.
Its [C blocks](block_c) have {channels block_c}; then [a 1x1](conv2d_7b), which the paper does not have, narrows
them before [the average](pool). {channels conv2d_7b} is also the width of Inception-v4 at its end.""",
            question=Question(
                "Stem and Mixed 5b end with {channels mixed_5b} channels, and Reduction-A adds n = {knob n} and "
                "m = {knob m}. How wide are the B blocks?",
                "channels mixed_5b + knob n + knob m",
                explanation="{channels block_b}, where the figures come to {channels block_b @ "
                "inception_resnet_v2.paper}.",
            ),
        ),
        Step(
            title="The last block",
            networks=(SLIM,),
            turned=("block8",),
            selected="block8.0.scale",
            prose="""After {knob c} scaled C blocks follows [one more](block8), whose
[scale](block8.0.scale) is 1 and which ends [without a ReLU](block8.0.add). Facenet's v1 took over the habit. A
port that forgets it loads all weights without complaint and computes something else.""",
            question=Question(
                "How many convolutions has the released v2, if the paper's has {convolutions @ "
                "inception_resnet_v2.paper}?",
                "convolutions",
                tolerance=0.15,
                explanation="{convolutions}: nearly twice as many, with blocks that are twice as many.",
            ),
        ),
    ),
    "The paper's Inception-ResNet-v2 and the one that everybody loads.",
)

MACS = Lesson(
    "macs-are-not-flops",
    "MACs are not FLOPs",
    (
        Step(
            title="A multiplication and an addition",
            networks=(V4,),
            overlay="MACs",
            controls=("overlay",),
            prose="""A convolution multiplies and adds up. One multiplication with its addition is a
**MAC**; counted apart they are two **FLOPs**. Inception-v4 does {macs|MAC} for one picture of {input} pixels, so
{flops|FLOP}; [the stem](stem) alone does {macs stem|MAC} of them. Both words are used for both numbers, and a
factor of two lies between them.""",
            question=Question(
                "The first convolution of the stem takes {macs stem.0.0|MAC}. How many million FLOPs are that?",
                "flops stem.0.0 / 1000000",
                tolerance=0.02,
                explanation="{flops stem.0.0|FLOP}: two for every MAC.",
            ),
        ),
        Step(
            title="Two numbers that look alike",
            networks=("inception_v4.paper (input_size=224)",),
            overlay="MACs",
            prose="""timm lists {fvcore @ inception_v4.paper|MAC} for Inception-v4, at {input @
inception_v4.paper} pixels. A table of Google's has nearly the same figure, in giga-FLOPs, at {input} pixels. They
look alike and are a factor of two apart: the smaller picture has about half the work, and hides it.

At this input the network does {macs|MAC}, which is {flops|FLOP}.""",
            question=Question(
                "Going from {input} to {input @ inception_v4.paper} pixels, by which factor does the number of "
                "pixels grow?",
                "input @ inception_v4.paper * input @ inception_v4.paper / input / input",
                tolerance=0.06,
                explanation="""The MACs grow somewhat more, from {macs|MAC} to {macs @ inception_v4.paper|MAC}:
convolutions work at every pixel, and windows without padding take more of a small map.""",
            ),
        ),
        Step(
            title="What a counter leaves out",
            networks=(V2,),
            turned=("block_a",),
            selected="block_a.0.add",
            table="ledger",
            prose="""fvcore counts MACs and calls them flops, adds two for every number that batch norm puts out (five,
if the module is in training mode), and leaves out [the scaling](block_a.0.scale) and [the sum](block_a.0.add) of every
residual block. The table takes three counters apart, line by line; an empty cell is work that a counter leaves
out.""",
            question=Question(
                "fvcore counts {fvcore|short} here, this project {macs|MAC}. Which is larger by what?",
                "fvcore's, by batch norm and the average",
                ("fvcore's, by batch norm and the average", "fvcore's, by the residual sums", "Ours, by the biases"),
                "The residual sums are in neither: they are additions without a multiplication, and fvcore skips them.",
            ),
        ),
    ),
    "Why the same network is said to take two amounts of work, one twice the other.",
)

COUNTING = (VERSIONS, WHICH, MACS)
