"""One residual block as an equation that runs, step by step, on a photograph."""

from __future__ import annotations

from dataclasses import asdict
from time import monotonic

import streamlit as st

from app import text
from app.controls import network_choice
from app.passes import block_at_scale
from app.state import choose_by_name
from app.views import activations, head, show
from app.views.tiles import heat
from irnet.charts import Bins, Chart
from irnet.lab.block import BlockSteps, Step, is_branch, own_scale, records, residual_blocks
from irnet.spec import Network
from irnet.tree import resolve, stage_of
from irnet.units import grid, share

STEP, PLAY = "step", "play"
PACE = 2.5  # seconds that a step stays
_SINCE = "block.since"


def block_names(network: Network) -> dict[str, str]:
    """Path of every residual block to what people call it."""
    return {path: resolve(network)[path].aria_label for path in residual_blocks(network)}


def scale(stage: str, own: float) -> float:
    """The reader's scale for the block; every stage has a slider of its own, which starts at the network's own."""
    return float(
        st.slider(
            f"Scale s of this block (the network's own: {own:g})",
            0.0,
            1.0,
            own,
            0.01,
            key=f"s.{stage}",
            help=text.BLOCK_SCALE,
            bind="query-params",
        )
    )


def play() -> bool:
    """Whether the steps go on by themselves; never unless the reader says so."""
    return bool(st.toggle("Play", key=PLAY, help=text.PLAY))


def walk(result: BlockSteps, *, playing: bool) -> None:
    """The steps, one at a time, in a part of the page that runs by itself."""
    st.fragment(_walk, run_every=PACE if playing else None)(result, playing=playing)


def _walk(result: BlockSteps, *, playing: bool) -> None:
    names = [step.name for step in result.steps]
    if st.session_state.get(STEP, names[0]) not in names:  # as after a change of block
        st.session_state[STEP] = names[0]  # deleted, the browser would keep showing it
    if _play(names, playing=playing):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name: str = st.segmented_control(
            "Step", names, default=names[0], key=STEP, required=True, wrap=True, bind="query-params"
        )
        at = names.index(name)
        show.step_button("Back", "arrow_back", names, at - 1, _go)
        show.step_button("Next", "arrow_forward", names, at + 1, _go)
    step = result.steps[at]
    st.markdown(f"${equation(result, name)}$", text_alignment="center")  # inline: a display of its own would scroll
    st.markdown(f"**Step {at + 1} of {len(names)}.** {text.plain(step.words)}")
    if step.troubles:
        st.warning(f"{step.troubles}: drawn in purple, and left out of the histogram.", icon=":material/error:")
    _figures(result, step)
    left, right = st.columns([3, 2])
    with left:
        _maps(result, step)
    with right:
        _histogram(step)


def _play(names: list[str], *, playing: bool) -> bool:
    """Go one step on if it is time; whether the end was reached, where playing stops."""
    now = monotonic()
    if not playing:
        st.session_state.pop(_SINCE, None)
        return False
    since = st.session_state.setdefault(_SINCE, now)
    at = names.index(st.session_state.get(STEP, names[0]))
    if now - since < PACE * 0.8:  # a click of the reader's, or the first moment
        return False
    if at + 1 == len(names):
        st.session_state[PLAY] = False
        return True
    st.session_state[STEP], st.session_state[_SINCE] = names[at + 1], now
    return False


def _go(name: str) -> None:
    st.session_state[STEP] = name


def equation(result: BlockSteps, name: str) -> str:
    """The equation in LaTeX, with a frame around the term that the step computes."""
    names = [step.name for step in result.steps]

    def term(which: str, tex: str) -> str:
        return rf"\boxed{{{tex}}}" if which == name else tex

    inside = ",\\,".join(term(one, rf"{one[0]}_{{{one[1:]}}}(x)") for one in names if is_branch(one))
    body = term("concat", f"[{inside}]") if inside else term("body", r"\mathrm{body}(x)")
    scaled = term("scale", rf"{result.scale:g}\,F(x)")
    total = term("add", f"{term('x', 'x')} + {scaled}")
    total = term("bn", rf"\mathrm{{BN}}({total})") if "bn" in names else total
    relu = result.steps[-1].term.startswith("ReLU")
    output = term("output", rf"\mathrm{{ReLU}}({total})" if relu else total)
    residual = term("project", rf"W_{{1\times1}}\,{body} + c")
    return rf"\begin{{aligned}} y &= {output} \\ F(x) &= {residual} \end{{aligned}}"


def _figures(result: BlockSteps, step: Step) -> None:
    x = result.steps[0].stats
    show.figures(
        {
            "Size": grid(step.shape),
            "Mean magnitude": f"{step.stats.mean_abs:.3g}",
            "Relative to x": share(step.stats.mean_abs, x.mean_abs),
            "Standard deviation": f"{step.stats.std:.3g}",
            "Largest magnitude": f"{step.stats.maximum:.3g}",
            "Zeros": share(step.stats.zero_share, 1),
        }
    )


def _maps(result: BlockSteps, step: Step) -> None:
    together = st.toggle("One colour scale for all steps", True, key="together", bind="query-params")
    low, high = step.maps.extent
    limit = result.limit if together else high
    same = step.numbers == result.steps[0].numbers
    whose = "the channels that are strongest in x" if same else "its strongest channels"
    st.markdown(f"**Feature maps of {text.plain(step.term)}**, {whose}")
    alt = f"{len(step.numbers)} feature maps of {step.term}: {whose}"
    figure = heat(step.maps.values, step.numbers, (-limit if low < 0 else 0.0, limit), 470)
    st.plotly_chart(figure, key="maps", config=show.CONFIG, alt=alt)


def _histogram(step: Step) -> None:
    title = f"{share(step.stats.zero_share, 1)} of {step.term} is zero"
    bins = Bins(step.histogram.counts, step.histogram.edges)
    chart = Chart(title=title, x=f"value of {step.term}", y="how many values", log=True, marks=(bins,))
    show.chart(chart, "histogram", alt=f"{title}; how often every value occurs")


def numbers(result: BlockSteps) -> None:
    """Every step in one table."""
    keys = ("step", "term", "shape", *asdict(result.steps[0].stats), "troubles")
    rows = [{key: record[key] for key in keys} for record in records(result)]
    show.table(rows, f"{result.path}.steps", alt=f"Every step of {result.path} in numbers")


choice = network_choice()
network = choice.network
head.heading("One residual block of", network)
names = block_names(network)
if not names:
    st.info(text.NO_BLOCK, icon=":material/info:")
    st.stop()
shown, controls = st.columns([5, 2], gap="medium")
with controls:
    path = choose_by_name("Block", names, "block")
    st.caption(resolve(network)[path].source.ref)
    s = scale(stage_of(path), own_scale(network, path))
    playing = play()
    image, setting, loaded = activations.inputs(network, choice.device)
with shown:
    with st.container():  # a place of its own for the spinner, so that what follows stays where it is
        result = block_at_scale(network, image, setting, loaded, path, s)
    walk(result, playing=playing)
    ran = activations.origin(result.weights, result.batch_norm, choice.device)
    st.caption(f"{ran} {text.BLOCK} {text.TRAINED if loaded else text.UNTRAINED_LOOK}")
numbers(result)
