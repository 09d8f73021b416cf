"""What the pages say in prose; numbers come from the library, never from here."""

from __future__ import annotations

import re

from irnet.lessons import LESSONS
from irnet.models.errata import ERRATA as EVERY_ERRATUM
from irnet.units import numeral

INTRODUCTION = (
    "See inside three networks of one paper (Szegedy et al. 2016, [arXiv 1602.07261]"
    "(https://arxiv.org/abs/1602.07261)), down to a single convolution: drawn, counted, run and compared. "
    "The two Inception-ResNets share one architecture; they differ in filter counts and in the stem."
)

LIVE = (
    "Inception-ResNet-B (Figure 17) in the middle of Inception-ResNet-v2: branches side by side, a 1x1 linear "
    "convolution that restores the depth, and a residual that is scaled before it is added to the input. Move the "
    "scale to see how the sum changes."
)
UNTRAINED_LOOK_SHORT = "The pictures show how an image propagates, not what a network has learned."
V1_AND_V2 = {"model": "inception_resnet_v1.paper", "with": "inception_resnet_v2.paper"}  # the address of a comparison
OWN = "Yours, as you changed it; the three below are the paper's."
DEVICE = "Where networks are built, run and trained; meta has shapes but no numbers."

IDEAS = {
    "inception_v4.paper": (
        "**Concatenation only.** Every block runs branches side by side, a pooling branch among them, and stacks what "
        "they find. "
        "Reduction-A is the one block type that all three networks share."
    ),
    "inception_resnet_v1.paper": (
        "**Add instead of replace.** Each block computes a small correction and adds it to its input. A 1x1 linear "
        "convolution restores the depth first; the pooling branch is gone. Pooling stays in the reductions."
    ),
    "inception_resnet_v2.paper": (
        "**The same plan, wider.** v2 takes v4's stem and more filters. Residuals are scaled by about 0.1 before the "
        "sum: the authors saw very wide residual networks die in training without it."
    ),
}

DEATH = (
    "Section 3.3 of the paper: with more than 1000 filters, residual networks died early in training; the last layer "
    "before the pooling put out only zeros. Scaling the residual by 0.1 to 0.3 before the sum seemed to make training "
    "stable. That is a claim about **training**."
)
UNTRAINED = "These weights are **untrained**: the plots show how magnitudes propagate and say nothing about accuracy."
STATISTICS = "batch: of this picture, as in training; running: 0 and 1, as stored before any training"
RUNNING_UNTRAINED = (
    "The running statistics of untrained weights are mean 0 and variance 1, so batch norm changes nothing here, and "
    "magnitudes grow from convolution to convolution unchecked. In training, and in a trained network, it normalises."
)
BOTH_STATISTICS = "The same curves with the other kind of batch norm statistics beside them."
TRAINED = "These weights were **loaded**; a scale other than the one they were trained with changes what they compute."
UNTRAINED_LOOK = (
    "These weights are **untrained**: the pictures show how an image propagates, not what a network has learned."
)
MAPS = (
    "Every channel of one box, for one photograph. Choose the box in the strip or in the diagram: a fork shows its "
    "branches and their concatenation, a residual block shows x, F(x) and the sum."
)
STRIP = (
    "The strip shows the mean magnitude over the channels of every unit, each on its own colour scale; the number "
    "below is the mean of the picture."
)
BLOCK = (
    "A residual block adds a small correction to its input: y = ReLU(x + s F(x)). Step through it term by term; the "
    "term that is shown is framed in the equation."
)
BLOCK_SCALE = "Multiplies the residual F(x) of this block alone; every other block keeps its own scale."
PLAY = "Advances by itself, one step every few seconds, and stops at the last."
NO_BLOCK = "This network has no residual block. Choose an Inception-ResNet with at least one block under Change."
WEIGHTS = (
    "PyTorch, TorchScript, safetensors, ONNX, Keras, NumPy or TensorFlow: one file, or an index with all its files. "
    "Nothing in them is executed; they have to match the network chosen above. Seed and initial weights are then not "
    "used."
)
SEVERAL_FILES = (
    "{} files are no checkpoint: of several, one is the index, which ends in .index or .safetensors.index.json, and "
    "there are {} at most"
)
LARGE_FILES = "the {} files have more than {} MB together"
NO_CLASSES = "Untrained weights can tell no classes apart: choose a checkpoint under Trained weights."
NO_RUNS = "This server can be reached from outside, so it trains only where the variable IRNET_RUNS names a folder."
NO_FOLDER = (
    "The server offers no checkpoints: upload one, or start it with the environment variable {} set to a folder."
)

NORMS = (
    "Batch norm follows every ordinary convolution; there is none after the sums, so only the scale holds the "
    "magnitude of the sum in check."
)

NOT_IN_A_PASS = "is in an auxiliary head, which runs in training alone, so it has no maps here."
ASIDE = "which take part in training alone: the work that is counted here is without them."

MET = (
    "These figures were printed for released networks of this name. One MAC is one multiply-accumulate, or 2 FLOPs; "
    "counters differ in what else they add, and in the size of the image."
)

COUNTING = (
    "1 MAC is one multiply-accumulate, 2 FLOPs. fvcore counts the built module by its shapes: MACs for convolutions "
    "and linear layers (which it calls flops), 2 per element for batch norm (here in evaluation mode), 1 per input "
    "element for the global average. What it leaves out, such as the scaling and sum of every residual, is listed, "
    "not zero."
)

LEDGER = (
    "Three counters, three totals. Each adds up the same terms with different factors; an empty cell is work that "
    "the counter leaves out. Every column adds up to what the counter measured, to the unit."
)

PROVENANCE = (
    "The same name stands for different networks. Here is what the paper and each release call a stage, where they "
    "differ, and how published counts follow from ours."
)
NAMES = (
    "Names in TF-slim and facenet are variable scopes and end points, in Keras layers, elsewhere attributes of the "
    "module. A name with v1 or v2 in brackets is the counterpart in the other Inception-ResNet: repeat_1 means "
    "B blocks in timm's v2 and A blocks in facenet-pytorch's v1."
)
PUBLISHED = (
    "Every line is computed from this network's own steps. Where a source prints all digits, the lines add up to the "
    "unit; where it rounds, to the digits that it prints."
)
BASIS = {  # of a statement about the paper or a release
    "computed": "computed here from the networks",
    "read": "read in the source named",
    "run": "run here with the code named",
    "unverified": "not verified",
}
ERRATA = (
    f"{len(EVERY_ERRATUM)} places where the print disagrees with arithmetic, with itself or with released code. "
    "The lines below are calculated from the networks as you open the page; none is typed in."
)
ARITHMETIC = "What the networks and the paper's own numbers say about it; a line without a verdict claims nothing."
WORDS_ALONE = "The wording alone shows it: there is nothing to calculate."
NO_PLACE = "It is in the text, a caption or a table: no diagram shows it."
TRY_WIDTH = "Any whole number. It is checked exactly as a network's own filters and sums are."

FIGURES = (
    "The paper's Figures 3 to 20 redrawn from the networks, the blocks that were released, whole networks, "
    "comparisons, charts and tables, in the formats that documents need. `irnet export --all` writes them all, and "
    "`irnet export --check` says which are out of date."
)
WIDTHS = (
    "One column of a two-column paper (252 points of TeX, as IEEE's), a one-column page, a slide. The figure is laid "
    "out so that no text is smaller than 8 points there; where that is impossible, a message says so and names the "
    "widths that it fits."
)
NO_FIGURE = "No figure has all of these words: remove one of them."
COPY_MARKDOWN = "For a README, with a light and a dark file beside it"
COPY_MERMAID = "For Markdown on GitHub, which draws it"
COPY_TABLE = "For Markdown"
COPY_BOOKTABS = "For LaTeX, with the package booktabs"
COPY_LATEX = "For a paper, with the light PDF beside it"

EMPTY_BOX = (
    "Click a box to see its shapes, counts and source. A double click, Enter or the button Open opens it; "
    "the arrow keys follow the arrows, and Escape goes up."
)
COMPARE_EDITED = "inception_v4.paper (a=6, b=3)"
COMPARE_HELP = (
    "A preset with its changes in brackets; separate several with semicolons. They follow the networks above."
)
EMPTY_PLACE = (
    "Click a box to see what is in its place in every network; its counterparts light up. A double click opens it in "
    "all of them."
)
BOX = "block_b.0.project"
BOX_HELP = "A path, a key of a checkpoint such as repeat_1.3.conv2d.weight, or an error message with one in it."
NO_SNIPPET = "# This box is not a module of its own; choose one inside or around it."
NO_KEYS = "This box has no weights, so no checkpoint has a key for it; choose a convolution or a linear layer."
EMPTY_UPLOAD = "JPEG, PNG or WebP, at most 10 MB and 40 megapixels. The picture stays on this machine."
LOSS = (
    "The loss is the cross-entropy for this class; any class will do to see what is left of a gradient on its way back."
)
READ_GRADIENT = (
    "The L2 norm of the gradient of the cross-entropy at the block's input. Read it right to left: the loss is at the "
    "end of the network."
)
SUM_NORM = "The same network with batch norm after every addition, at the same scales, beside the paper's."
NOTHING_DIFFERS = "Nothing differs here: edit a box or choose another network."
NO_MODULE = "No module has this in its path or kind: try a shorter word or a deeper tree."
NO_RUN_YET = "No run has been started on this server yet."
NO_SUMS = "This network has no residual sums: choose an Inception-ResNet under Change."
SAVED = (
    "Section 3.2 leaves batch norm off the sums so that a model replica fits on one GPU. Predicted: every tensor that "
    "a backward formula reads, added up from the rows. Measured: what PyTorch's autograd saves in a training forward "
    "pass of the built network, each storage once; weights are not counted. float32."
)
NO_RESIDUALS = "Inception-v4 has no residuals: its curve shows the output of its blocks, for reference."
READ_MAGNITUDES = (
    "Each point is the mean magnitude of one block's output, for one picture. The grid shrinks and the width grows "
    "at the reductions, so steps between groups of blocks are not an effect of the scale."
)


FIELD = (
    "One output of a box sees a rectangle of the picture and nothing outside it: that is arithmetic, from kernels, "
    "strides and padding. How much each pixel in it matters is another question; the gradient answers it."
)
FIELD_UNTRAINED = "The heat comes from **untrained** weights: it shows how paths add up, not what a network looks at."
FIELD_TRAINED = "The heat comes from **loaded** weights."
FIELD_BATCH = (
    "With batch statistics every pixel reaches every output through the mean, even from outside the rectangle; running "
    "statistics keep the rectangle sharp."
)
FIELD_CLICK = "Click the picture or move the sliders to choose the output."
FIELD_HEAT = (
    "Heat: the square root of the gradient's magnitude, summed over the colours, relative to its maximum. The picture "
    "is grey so that only the heat has colour."
)
FIELD_CHANNEL = "A channel of the box's output; leave it empty for the mean of all."
LEARN = (
    f"A tour of the paper and {numeral(len(LESSONS) - 1)} lessons. Click a word to see its box, or a box to see its "
    "word. Every step asks you to predict something before it gives the answer. All numbers are calculated from the "
    "networks as you read."
)
TABLE_WAITS = "A table appears here once you have answered."
HANDOUT = "For printing: every step on a page of its own, and the answers at the end."
EDITOR = (
    "Every field is checked as you leave it. The address of this page holds the draft; nothing is stored on the server."
)
EDITOR_WRONG = "The lesson can be exported once its mistakes are corrected."
EDITOR_LINK = "This link opens the lesson. The whole lesson is in it, and nothing is stored here."
EDITOR_ASKS = "Readers predict the answer before they see it; until then the picture does not show the number."
EDITOR_NETWORKS = "A preset, or an edited one: inception_v4.paper (a=6). Type it and press Enter."
EDITOR_PROSE = (
    "An empty line begins a paragraph. [words](block_b.0.add) link to a box; with several networks, its number comes "
    "first: [words](1/block_b). Formulas in braces are calculated: {channels stem}, {macs|MAC}, "
    "{params block_b @ inception_resnet_v1.paper|short}, {knob a|numeral}."
)
EDITOR_VIEW = "A path such as block_b.0.add. Or arrange the picture under As the class sees it, and use that view."
EDITOR_NOTES = "block_b.0.project: This width follows from the sum."
EDITOR_ANSWER = "A formula such as channels stem.0.concat + 64, or one of the choices, word for word."

EDIT = (
    "Choose a box to change its filters, kernel, stride, padding, stem, scale or number of blocks. All blocks of a "
    "stage change together. Size, width and depth of the whole network are under Change, at the top; a box that was "
    "edited keeps its value when they change."
)
NOTHING_TO_EDIT = (
    "Nothing can be changed here: its width follows from what is around it. Choose one of the boxes that lead to it."
)
EDITS_FULL = "This network has as many edits as are possible: undo some of them."
EDITS_UPLOAD = "JSON as this page writes it, at most {} kB. Its edits replace those that are here."

TOY = (
    "**Toy data, trained on this machine for minutes at most: not ImageNet.** The results say how these networks "
    "behave at this size, and are shown as they are where they disagree with the paper."
)
RACE = (
    "The paper's Figures 21 to 26 show Inception-ResNets training faster than plain Inceptions of similar cost. "
    "Here its pairs race on the same images with the same optimiser and seeds."
)
RACE_NETWORKS = "Two to four, all of the same width and with the same data, optimiser and seeds."
RACE_PAIRS = "Race the paper's pairs: each Inception-ResNet and the plain Inception that the paper sets beside it."
RACE_BEGINS = "Training has not begun yet; the curves begin with the first step."
NO_GOAL = "Held-out accuracy has not been measured yet; the first network to reach the goal will be named here."
PAPER_HEAD = "Paper, ImageNet"
OURS_HEAD = "Ours, toy data"
PAPER_NOTE = "Full training on ImageNet, errors in percent as the paper prints them. Nothing below was measured here."
MAP = (
    "A network is dead when its last block outputs nothing but zeros: no gradient passes, and it learns nothing from "
    "then on. Whether that happens depends on the learning rate, the width and the scale of the residuals."
)
FINISHED = "Trained in advance and shipped with irnet; python -m benchmarks.finished trains it again."
MAP_CURATED = (
    "Watch a network die: Inception-ResNet-v2 at a quarter of its width, with residual scales 0.1 and 1 and a high "
    "learning rate. The unscaled network dies, the scaled one learns."
)
MAP_CLICK = "Click a cell, or choose it under One cell, to see how its network lived or died."
NOT_BOTH = "A dead and a living run appear here side by side once this map has both."
CELL_BEGINS = "No run of this cell has taken a step yet."
KEEP = "Without it, the run stops half a minute after the last tab that shows it is closed; it can be resumed later."
SEEDS = "Each network or cell is trained once per seed; several seeds give a band and a spread."
AXES_HELP = "Every combination is trained; a third axis gives a grid for each of its values."
AXIS_VALUES = "Separate them with commas."
SHARED = "Runs are shared: everyone who opens this server sees them."
AS_EARLIER = "going by earlier runs here"
NO_EARLIER = "a guess, until a run has shown how fast this machine is"
RUNNING = "Running the network"
NOT_YET = "…"  # a number that is still being made
WEIGHTS_OF = "the first weights of"
SHOWS = "The mean magnitude over its channels, its strongest channels side by side, or one; at a sum its terms too."
READ_MAPS = (
    "Every picture is the mean magnitude over channels, from dark for zero to pale. The terms of a residual block "
    "share a scale of brightness. Zoom into a box for its channels, and for the window of the photograph that an "
    "output sees: point at one to choose it."
)
UNSCALED = "Adds every residual as it is, not multiplied by a small number."
GO_ON = "Stopped here. Resume"
OPEN = (
    "Drop a file of a network that somebody else wrote: .onnx, .pt2, .keras, .h5 or .json. It is read, never run. This "
    "page says what it is, its nearest relative among the presets, and every difference. A checkpoint, which holds "
    "weights alone, is identified."
)
OPEN_MODULE = "For a module in Python, this command writes the file to drop here, on your own machine:"
OPEN_PROVENANCE = "Of an opened network only its file is known. Open has what differs from its nearest relative."
OPEN_EDIT = "Edits change the presets. Go back to them to edit."
QUEUE = "others are running networks here; you are number {} in the queue"
SAME_WORK = "another reader has just asked for the same result"
FILES = "The server can't use its files ({}); earlier results are still there. Please tell whoever runs it."
FULL = "There is not enough memory for this. Choose a smaller input, width or depth."

TIMELINE = "Click a network. An arrow leads from the one that it grew out of."
LINEAGE_COST = (
    "Counted here, without auxiliary heads. The depth is that of the longest way through the network; the receptive "
    "field is that of its last block."
)
PROTOCOLS = {
    "1 crop": (
        "**One crop.** The network looks once at the middle of each image. It is what one answer costs, and how "
        "networks are compared today."
    ),
    "10 or 12 crops": (
        "**10 or 12 crops.** The network looks at several parts of each image and at their mirror images, and its "
        "answers are averaged; the work is multiplied by as much."
    ),
    "144 crops": (
        "**144 crops.** 4 sizes of the image, 3 squares of each, 6 crops of each square, and their mirror images. "
        "It is for contests: nobody runs a network so to use it."
    ),
    "ensembles": (
        "**Ensembles.** The answers of several networks, each to many crops, are averaged. One Inception-v4 and three "
        "Inception-ResNet-v2 came to the 3.1 % top-5 error that the paper's abstract reports, 3.08 % on the test set."
    ),
}
ACCURACY = (
    "Errors as the papers print them, work and parameters by our counts. Errors of different protocols can't be "
    "compared, so each has a chart of its own; a network whose paper prints none under a protocol is missing there."
)
LINEAGE_CURVES = (
    "The paper's claim about residual connections is one about training: with them a network gets there in fewer "
    "epochs, while the error at the end depends on its size. These are its curves."
)

FACTORISE = (
    "Windows one after another see as far as one large window, with fewer weights, and with a batch norm and a ReLU "
    "between them. The paper on Inception-v3 puts two 3x3 in the place of a 5x5, and a row and a column in the place "
    "of a square (arXiv 1512.00567, sections 3.1 and 3.2). Strips worked well there on grids of 12 to 20 pixels, and "
    "not in early layers."
)
REDUCE = (
    "To halve a grid, pooling first is cheap, but what follows never sees what pooling threw away; convolution first "
    "reads the whole grid, and costs accordingly. The paper on Inception-v3 does both at "
    "once and stacks the results (arXiv 1512.00567, section 5). There Inception modules stand where one 3x3 "
    "convolution stands here."
)
THREE_SIZES = (
    "The windows of a module differ in size, so that the next one is given features of several scales at once (arXiv "
    "1409.4842, section 4). A branch sees an object whole if it lies inside the branch's receptive field. What is too "
    "large for one module is for those after it, whose fields are larger."
)
LABEL_SMOOTHING = (
    "With hard targets the loss rewards every further logit of lead without end. Label smoothing takes a share "
    "epsilon of the target from the true class and spreads it over all classes, so that there is a lead that is large "
    "enough. The paper on Inception-v3 uses 0.1 over 1000 classes and reports about 0.2 percentage points less "
    "error for it (arXiv 1512.00567, section 7)."
)
RMSPROP = (
    "RMSProp divides every weight's step by a moving root mean square of its gradients, so that steep and flat "
    "directions go at a similar speed. The paper trains with decay 0.9, epsilon 1.0 and rate 0.045, which it lowers "
    "as training goes on (section 4). Here the rate stays, so that near the minimum the steps become too long again; "
    "epsilon is added to the root, as PyTorch does, not below it, as TensorFlow does."
)
AUXILIARY_HEADS = (
    "A head in the middle of a deep network adds its loss, with weight 0.3 in GoogLeNet, to give the early layers a "
    "gradient that has come less far (arXiv 1409.4842, section 5). Where gradients do not vanish on their way, as with "
    "batch norm or other initial weights, it does next to nothing to them. The paper on Inception-v3 saw no faster "
    "start with auxiliary heads, only a slightly better end, and takes them for a regulariser (arXiv 1512.00567, "
    "section 4)."
)


def plain(words: str) -> str:
    r"""Words that may come from an address, so that no markup, link, icon or picture in them takes effect.

    Examples
    --------
    >>> print(plain("![x](a.png) <b> :red[_1_] block_b.0: $2"))
    !\[x\](a.png) \<b\> \:red\[\_1\_\] block_b.0: \$2
    >>> plain("http://a.b") == f"http:{_JOINER}//a.b"
    True
    """
    parted = _MADE_LATER.sub(_JOINER, words)
    escaped = re.sub(r"([\\\[\]<>`*$~]|(?<!\w)_|_(?!\w)|:(?=[A-Za-z])|&(?=#?\w+;))", r"\\\1", parted)
    return re.sub(r"(?m)^(\d+(?=[.)]\s)|(?=[#+-]))", r"\1\\", escaped)


# Streamlit looks for addresses and icons once more after it has read the markup, where an escape is gone already; what
# parts them has no width and is no place for a line to break.
_JOINER = "\u2060"
_MADE_LATER = re.compile(r"(?i)(?<=:)(?=//|[\w+/-]+:)|(?<=\bwww)(?=\.)|(?<=[\w.+-])(?=@[\w-]+\.)")
