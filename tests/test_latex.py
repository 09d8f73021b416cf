"""TikZ and LaTeX: everything compiles with what a TeX distribution has in stock."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from irnet.diagrams.block import block_sheet
from irnet.diagrams.chart_figures import chart_catalogue
from irnet.diagrams.factory import content, told_of
from irnet.diagrams.figures import catalogue
from irnet.diagrams.graph_builder import GraphBuilder
from irnet.diagrams.render import laid_out, layout_engine
from irnet.diagrams.table_figures import table_catalogue
from irnet.diagrams.theme import LIGHT
from irnet.diagrams.tikz import tikz
from irnet.tables import from_records, to_latex
from tests.hostile_strings import EVIL, named

HOSTILE = r"""a"b'c<d>&{e}_f%g$h#i\j^k~l|m é 漢 </text>\input{x}"""
needs_tex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex here: run python -m tests.system")
HEAD = r"""\documentclass{article}
\usepackage{tikz}\usetikzlibrary{arrows.meta}\usepackage{booktabs}\usepackage{graphicx}
\newcommand\page[1]{\setbox0\hbox{#1}\pdfpagewidth=\wd0\pdfpageheight=\dimexpr\ht0+\dp0\relax\shipout\box0}
\pdfhorigin=0pt\pdfvorigin=0pt
\begin{document}
"""


def compiled(folder: Path, files: dict[str, str]) -> str:
    """The log of a document that reads every file on a page of its own; the engine stops at the first error."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    pages = "\n".join(rf"\page{{\input{{{name}}}}}" for name in files)
    (folder / "all.tex").write_text(f"{HEAD}{pages}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    return log


@pytest.mark.soak
@needs_tex
def test_tikz_of_every_figure_and_chart_compiles_in_every_theme_and_width_and_so_do_captions(tmp_path: Path) -> None:
    cases = [(name, "light", "natural") for name in (*catalogue(), *chart_catalogue())]
    cases += [("figure_17", theme, width) for theme in ("dark", "print") for width in ("column", "page", "slide")]
    files = {f"{'.'.join(case)}.tikz": content(case[0], "tikz", *case[1:], 2.0).decode() for case in cases}
    found = [re.search(r"\\caption\{(.*)\}", told_of(name)["snippets"]["latex"]) for name in catalogue()]
    captions = r"\vbox{" + "\n\n".join(one[1] for one in found if one) + "}"
    log = compiled(tmp_path, files | {"captions.tex": captions})
    assert int(re.findall(r"Output written on all\.pdf \((\d+) pages", log)[0]) == len(cases) + 1


@needs_tex
def test_every_table_compiles(tmp_path: Path) -> None:
    texts = {f"{name}.tex": content(name, "tex", "light", "natural", 2.0).decode() for name in table_catalogue()}
    bodies = {
        name: re.sub(r"\\(?:begin|end)\{table\}|\\(?:caption|label)\{.*\}|\\centering", "", text)
        for name, text in texts.items()
    }
    captions = {
        "captions.tex": r"\vbox{" + "\n\n".join(re.findall(r"\\caption\{(.*)\}", "".join(texts.values()))) + "}"
    }
    compiled(tmp_path, bodies | captions)


@pytest.mark.soak
@needs_tex
def test_titles_that_are_markup_stay_titles(tmp_path: Path) -> None:
    files = {}
    for number, title in enumerate((HOSTILE, *EVIL)):
        spec = named(title)
        sheet = block_sheet(GraphBuilder(LIGHT, notes=(title,)), spec, spec.stages[1], title=title)
        files[f"{number}.tikz"] = tikz(sheet, laid_out(sheet.text, layout_engine()))
        table = to_latex(from_records([{title: title, "n": 1}], notes=(title,)), "x")
        files[f"{number}.tex"] = re.sub(
            r"\\(?:begin|end)\{table\}|\\label\{.*\}|\\centering|\\caption\{.*\}", "", table
        )
    assert [name for name, text in files.items() if "\\input{" in text] == []
    log = compiled(tmp_path, files)
    assert int(re.findall(r"Output written on all\.pdf \((\d+) pages", log)[0]) == len(files)


def test_styles_have_names_that_a_document_can_change_and_every_box_one() -> None:
    text = content("figure_17", "tikz", "light", "natural", 2.0).decode()
    used = set(re.findall(r"\\node\[irnet (\w+)", text))
    assert used <= set(re.findall(r"irnet (\w+)/\.style", text))
    assert {"pointwise", "factorised", "linear", "concat", "sum"} <= used
    assert len(re.findall(r"\\node\[irnet (?!words|detail)\w+, minimum width=", text)) == 9
