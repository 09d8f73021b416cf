"""A guided tour of the paper, section by section."""

from __future__ import annotations

from irnet.lessons.value import Lesson, Note, Question, Step

V4, V1, V2 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"

TOUR = Lesson(
    "tour",
    "A tour of the paper",
    (
        Step(
            title="Section 1: two ideas meet",
            networks=(V2,),
            prose="""In 2015 two designs led image recognition. **Inception** networks let branches of
different reach look at the same map side by side. **Residual** networks let every block add a correction to its
input. The paper asks what happens when each Inception block becomes such a correction, and answers with three
networks.

This is the widest of them: no other ends in as many as {channels block_c} channels. Read it from the top: [a
stem](stem) shrinks the picture, three kinds of blocks work on three grids ([A](block_a), [B](block_b), [C](block_c)),
and two reductions ([one](reduction_a), [two](reduction_b)) stand between them. Average, dropout and [one linear
layer](classifier) end it.""",
            question=Question(
                "The picture is {input} pixels wide. How wide is the grid on which the C blocks work?",
                "side block_c",
                explanation="""The stem leaves {side stem}, Reduction-A {side reduction_a} and Reduction-B {side
reduction_b} pixels. C blocks keep their grid.""",
            ),
        ),
        Step(
            title="Section 2: stack or add",
            networks=(V4, V2),
            turned=("0/inception_a", "1/block_a"),
            prose="""There are two ways to join what branches have found. On the left, [a
concatenation](0/inception_a.0.concat) stacks the maps: the output is new, and as wide as all branches together. On
the right the branches are stacked too, but then made as wide as the block's input and [added to
it](1/block_a.0.add). The input itself passes through.

The authors do not claim that very deep networks need the sum. They found that it makes training much **faster**, and
that the final accuracy seems to depend mainly on the size of the network.""",
            question=Question(
                "Which of the two blocks could be left out without changing the shape of anything?",
                "Both",
                ("The stacking one", "The adding one", "Both", "Neither"),
                """Both: here the four branches of Inception-A add up to the {channels inception_a}
channels that come in, and a sum can't be of another width than its input. For the stack that is a choice of
filters; for the sum it is a law.""",
            ),
        ),
        Step(
            title="Section 3.1: Inception-v4",
            networks=(V4,),
            overlay="parameters",
            controls=("overlay",),
            prose="""Earlier Inception networks had to be cut into pieces so that several machines could train them,
and the widths of their layers were tuned so that every piece had about the same work. With TensorFlow that was over.
Inception-v4 is what the authors drew once they could make every block of a kind alike: {knob a} times
[A](inception_a), {knob b} times [B](inception_b) and {knob c} times [C](inception_c).

The colour shows where its {params|short} parameters are.""",
            question=Question(
                "Which stage holds the most parameters?",
                "Inception-B",
                ("Stem", "Inception-A", "Inception-B", "Inception-C"),
                """Inception-B holds {params inception_b / params|share} of them in {knob b} blocks. One C
block is larger than one B block, {params inception_c.0|short} against {params inception_b.0|short}, but there are
only {knob c}.""",
            ),
        ),
        Step(
            title="Figure 3: the stem",
            networks=(V4,),
            turned=("stem",),
            level="stages",
            selected="stem.0.3.concat",
            prose="""The stem makes a deep, small map out of a flat, large picture. Three times it halves the grid. The
first time [a convolution](stem.0.0) does it alone, from {input} to {side stem.0.0} pixels. Twice more it does it in
two ways at once: [max pooling](stem.0.3.b0) and [a convolution of stride 2](stem.0.3.b1) run side by side and are
[stacked](stem.0.3.concat).

In between, one branch spends [a 7x1 and](stem.0.4.b1.1) [a 1x7](stem.0.4.b1.2) to see farther before the two meet
[again](stem.0.4.concat). The paper calls convolutions V where they have no padding; those shrink the grid a
little.""",
            notes=(
                Note("stem.0.5.b0", "The figure forgets to print this stride of 2; the sizes beside it demand it."),
            ),
            question=Question(
                "The pooling hands on {channels stem.0.3.b0} channels, the convolution beside it makes "
                "{channels stem.0.3.b1}. How many leave the concatenation?",
                "channels stem.0.3.b0 + channels stem.0.3.b1",
                explanation="{channels stem.0.3.b0} + {channels stem.0.3.b1} = {channels stem.0.3.concat}: widths add "
                "up.",
            ),
        ),
        Step(
            title="Figures 4 to 6: the blocks of v4",
            networks=(V4,),
            turned=("inception_b",),
            selected="inception_b.0.b3",
            prose="""A block of Inception-v4 has four branches. One [pools](inception_b.0.b0) and narrows;
one is [a single 1x1](inception_b.0.b1); [one](inception_b.0.b2) looks at a middling window and
[one](inception_b.0.b3) at a large one, each after a 1x1 that makes its input narrow. [The bar at the
end](inception_b.0.concat) stacks all four.

On the {side inception_b} pixel grid the windows are 7 wide, cut into 1x7 and 7x1. In [the C blocks](inception_c),
on {side inception_c} pixels, branches even end in two convolutions that run side by side.""",
            question=Question(
                "How many channels leave this block?",
                "channels inception_b.0.concat",
                explanation="""{channels inception_b.0.b0} + {channels inception_b.0.b1} + {channels inception_b.0.b2}
+ {channels inception_b.0.b3} = {channels inception_b.0.concat}, which is what came in: so the next block can be
the same.""",
            ),
        ),
        Step(
            title="Figure 7 and Table 1: Reduction-A",
            networks=(V4, V1, V2),
            turned=("0/reduction_a", "1/reduction_a", "2/reduction_a"),
            table="knobs",
            prose="""One block is shared by all three networks. Its figure has letters for filters, and
Table 1 says what k, l, m and n are in each. [A pooling branch](0/reduction_a.0.b0) keeps every channel that comes
in; [a 3x3](0/reduction_a.0.b1) and [a longer branch](0/reduction_a.0.b2) add theirs. All three have stride 2.""",
            question=Question(
                "Inception-v4 comes in with {channels inception_a} channels, n is {knob n} and m is {knob m}. "
                "How many leave?",
                "channels inception_a + knob n + knob m",
                explanation="""{channels inception_a} + {knob n} + {knob m} = {channels reduction_a}. k and l are
widths inside the long branch: they cost, but they don't count here.""",
            ),
        ),
        Step(
            title="Section 3.2: residual Inception blocks",
            networks=(V2,),
            turned=("block_a",),
            selected="block_a.0.project",
            prose="""The branches of the residual blocks are cheaper than those of v4, and none of them
pools. What they find is [stacked](block_a.0.body.concat), brought to the width of the input by [a 1x1 without
activation](block_a.0.project), [scaled](block_a.0.scale), and [added](block_a.0.add). Only then comes a ReLU.

Batch norm follows the ordinary convolutions and is left off the sums. That is no principle: it saved memory, so
that a whole copy of the network fitted on one GPU.""",
            question=Question(
                "The branches make {channels block_a.0.body.concat} channels. How many must the linear 1x1 put out?",
                "channels block_a.0.project",
                explanation="""As many as come into the block, {in_channels block_a.0}: two maps can only be added
where their shapes are the same.""",
            ),
        ),
        Step(
            title="Figure 17: a width that does not fit",
            networks=(V2,),
            turned=("block_b",),
            selected="block_b.0.project",
            prose="""The figure of this block prints 1154 beside [its linear 1x1](block_b.0.project). Follow
the widths to see why no network can have it. The A blocks end with {channels block_a} channels.
[Reduction-A](reduction_a) keeps them and adds its n and m. What it puts out is what [the sum](block_b.0.add) adds
to.

This project builds what can be added. The page Errata lists every place of the kind.""",
            question=Question(
                "What must stand there instead of 1154?",
                "channels block_a + knob n + knob m",
                explanation="{channels block_a} + {knob n} + {knob m} = {channels reduction_a}.",
            ),
        ),
        Step(
            title="Section 3.3: scaling the residuals",
            networks=(V2,),
            turned=("block_c",),
            selected="block_c.0.scale",
            controls=("scale_c",),
            prose="""With more than about a thousand filters, residual networks died while they were trained: after
some tens of thousands of steps the last layer before the average put out nothing but zeros. Neither a smaller learning
rate nor one more batch norm helped.

Multiplying [the residual](block_c.0.scale) by a small constant before [the sum](block_c.0.add) seemed to make the
training stable. The text says between 0.1 and 0.3, the caption of Figure 20 about 0.1; these presets take {knob
scale_c}. Which value belongs to which block is not printed anywhere.""",
            question=Question(
                "Which stages of this network are wider than a thousand channels?",
                "B and C",
                ("A alone", "C alone", "B and C", "All three"),
                "A has {channels block_a} channels, B {channels block_b} and C {channels block_c}.",
            ),
        ),
        Step(
            title="Sections 4 and 5: training and results",
            networks=(V4, V1, V2),
            table="MACs",
            prose="""The networks were trained with RMSProp on twenty GPUs, and judged by running averages
of their weights. On one crop of the validation pictures (Table 2, without those on a blacklist)
Inception-ResNet-v2 is wrong in its first guess {top1 @ inception_resnet_v2.paper} % of the time, Inception-v4
{top1} %, Inception-ResNet-v1 {top1 @ inception_resnet_v1.paper} %.

So networks of one size end alike: Inception-ResNet-v1 beside Inception-v3, with {top1 @ inception_v3.tf_slim} %, and
the other two beside each other. What the residual gives is speed of training. The table shows what each costs for one
picture.""",
            question=Question(
                "Inception-v4 does {macs|MAC} for one picture. About how many giga-MACs does Inception-ResNet-v1 do?",
                "macs @ inception_resnet_v1.paper / 1000000000",
                tolerance=0.2,
                explanation="""{macs @ inception_resnet_v1.paper|MAC}, about half: the paper says that it costs what
Inception-v3 costs.""",
            ),
        ),
        Step(
            title="Afterwards: the network that was released",
            networks=(V2, "inception_resnet_v2.tf_slim"),
            fade=True,
            prose="""The code that was published under the name Inception-ResNet-v2 is another network than the
figures: another [stem](1/stem), [one more block](1/mixed_5b) after it, twice as many blocks, [a last one](1/block8)
without ReLU, and [a convolution](1/conv2d_7b) before the average. timm, Keras and Cadene's collection carry that one.

The lesson "Which v2 is timm's?" takes it apart.""",
            question=Question(
                "How many times the parameters of the paper's v2 has the released one?",
                "params @ inception_resnet_v2.tf_slim / params",
                tolerance=0.15,
                explanation="""{params @ inception_resnet_v2.tf_slim|short} against {params|short}: {params @
inception_resnet_v2.tf_slim / params|fold}.""",
            ),
        ),
    ),
    "Section by section through arXiv 1602.07261, with the network beside the words.",
)
