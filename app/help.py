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
        "The table tells apart what goes by the same name.",
        "tour",
    ),
    "network": Help(
        "Click a box to read what it is; a double click opens it. "
        "By keyboard: Tab into the drawing, arrow keys to walk, Enter to choose and then to open, Escape to go up, "
        "/ to search. "
        "The button at the upper right chooses the network and changes it.",
        "one-by-one-first",
    ),
    "edit": Help(
        "Choose a box and change its filters, kernel or number of blocks; what can't be is refused with the nearest "
        "that can. "
        "Undo and redo go through the steps. "
        "Under Export are the network's files and its address.",
        "widths-add-up",
    ),
    "compare": Help(
        "Choose up to three networks beside the one above, or a ready-made comparison. "
        "A box that is chosen in one network lights up its partners in the others, and the table says what stands "
        "there. "
        "What differs and Counts have the same as tables.",
        "v1-against-v2",
    ),
    "cost": Help(
        "Find the figure that you met, and what it adds up. "
        "Three libraries count the built network; choose a tab for modules, stages or the whole tree. "
        "Why they differ adds up the gaps.",
        "macs-are-not-flops",
    ),
    "provenance": Help(
        "Find out which network a name, a key of a checkpoint or a published count stands for. "
        "The tabs have its names in every release, the numbered deviations, and the counts line by line.",
        "which-v2",
    ),
    "errata": Help(
        "Choose a place where the paper contradicts itself. "
        "Beside what is printed stand the calculation and the drawing of the place.",
        "widths-add-up",
    ),
    "figures": Help(
        "Search for a figure, set theme and width, and take the file in the form that your document needs. "
        "Snippets have the lines to paste beside it.",
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
        "Point at a picture to read single values; PNG and NPZ are the files.",
        "factorised",
    ),
    "field": Help(
        "Choose a box and a place on its grid, or click the picture. "
        "The frame is what can be seen from there, the heat how much each pixel matters.",
        "factorised",
    ),
    "race": Help(
        "Start the race of the paper's pairs, set up one of your own, or open an earlier one. "
        "It can be paused or stopped and goes on from where it was, also when this page is closed.",
        "tour",
    ),
    "death": Help(
        "Start the short map, or set up one of your own. "
        "A cell fills in when its runs end; choose it to read its story. "
        "Runs can be paused or stopped and go on from where they were.",
        "scale-and-death",
    ),
    "learn": Help(
        "Choose a lesson, and click a word to see its box or a box to see its word. "
        "Answer the question of a step to see the number in its picture; the left and right arrow keys change steps. "
        "Present shows a step large, for a class.",
        "tour",
    ),
    "lesson_editor": Help(
        "Write the steps of a lesson; every field is checked as you leave it. "
        "Look at it as the class sees it, then share it as a link or a file.",
        "tour",
    ),
}
