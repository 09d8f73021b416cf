"""What every page is for and how it is used, in at most three sentences, and the lesson that explains what it shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Help:
    """The help of one page."""

    words: str
    lesson: str  # its id


HELP = {
    "overview": Help(
        "Choose a way in, or open one of the paper's networks to see every step of it. "
        "The table tells networks of the same name apart.",
        "tour",
    ),
    "network": Help(
        "Click a box to read what it is; a double click opens it. "
        "By keyboard: Tab into the drawing, arrow keys to walk, Enter to choose and then to open, Escape to go up, "
        "/ to search. "
        "Change, at the upper right, chooses the network and its size.",
        "one-by-one-first",
    ),
    "open": Help(
        "Choose a file or an example. What it is stands above; what differs from its nearest relative is marked on the "
        "drawing and listed below. Every page of structure then shows it, until you go back to the presets.",
        "v1-against-v2",
    ),
    "edit": Help(
        "Choose a box and change its filters, kernel or number of blocks; a value that is refused "
        "comes with the nearest legal one. "
        "Undo and redo go through your edits. "
        "Export has the network's files and its code.",
        "widths-add-up",
    ),
    "compare": Help(
        "Choose up to three networks to compare with the one at the top, or a ready-made comparison. "
        "Choosing a box lights up its counterparts in the other networks, and the table below describes them. "
        "What differs and Counts show the same as tables.",
        "v1-against-v2",
    ),
    "cost": Help(
        "Find the figure that you came across, and what it adds up. "
        "Three libraries count the built network; the tabs show modules, stages or the whole tree. "
        "Why they differ explains the gaps.",
        "macs-are-not-flops",
    ),
    "provenance": Help(
        "Find out which network a name, a key of a checkpoint or a published count stands for. "
        "The tabs have its names in every release, the numbered deviations, and the counts line by line.",
        "which-v2",
    ),
    "errata": Help(
        "Choose a place where the paper contradicts itself. "
        "Beside what is printed are the calculation and a drawing of the place.",
        "widths-add-up",
    ),
    "figures": Help(
        "Search for a figure, set theme and width, and download it in the format that your document needs. "
        "Snippets has the lines to paste with it.",
        "reductions",
    ),
    "activations": Help(
        "Move the scale and see what happens to magnitudes and gradients from block to block. "
        "Photograph and Settings, with the statistics and the seed, are beside the curves.",
        "scale-and-death",
    ),
    "block": Help(
        "Go through one residual block term by term with Back and Next, or let it play. "
        "Move its scale to see the sum change.",
        "linear-and-sum",
    ),
    "maps": Help(
        "Choose a box in the strip or in the diagram to see its channels. "
        "Point at a picture to read single values; download it as PNG or NPZ.",
        "factorised",
    ),
    "field": Help(
        "Choose a box and a place on its grid, or click the picture. "
        "The frame shows what can be seen from there, the heat how much each pixel matters.",
        "factorised",
    ),
    "race": Help(
        "Start the race of the paper's pairs, set up one of your own, or open an earlier one. "
        "It can be paused, stopped and resumed, and keeps running when this page is closed.",
        "the-sum-joins",
    ),
    "death": Help(
        "Start the short map, or set up one of your own. "
        "A cell fills in when its runs end; choose it to read its story. "
        "Runs can be paused, stopped and resumed.",
        "scale-and-death",
    ),
    "learn": Help(
        "Choose a lesson, and click a word to see its box or a box to see its word. "
        "Answer the question of a step to see the number in its picture; the left and right arrow keys change steps. "
        "Present shows a step large, for a class.",
        "tour",
    ),
    "lineage": Help(
        "Click a network of the timeline, or walk with Back and Next. "
        "Its block stands beside the one that it grew out of, with what changed marked; a click on a box shows what "
        "is in its place there. "
        "The other tabs set errors against work, and show the paper's training curves.",
        "googlenet",
    ),
    "labs": Help(
        "Choose an idea on the way to these networks, and move its settings. "
        "The sentence at the top says what comes out; the address holds the view.",
        "factorised",
    ),
    "lesson_editor": Help(
        "Write the steps of a lesson; every field is checked as you leave it. "
        "Look at it as the class sees it, then share it as a link or a file.",
        "tour",
    ),
}
