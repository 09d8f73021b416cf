"""Small labs: one for each idea on the way to these networks, with settings to move and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import text
from app.components.canvas import drawing
from app.passes import gradients_with_head
from app.server.cache import block_drawings, picture
from app.state import choose, choose_by_name, unknown
from app.views import show
from app.views.outlined import outlined
from irnet.diagrams import FORMATS, words
from irnet.diagrams.field_picture import field_picture
from irnet.lab import auxiliary_heads, label_smoothing, rmsprop, sizes
from irnet.runtime.init import INITS
from irnet.tree import alternatives
from irnet.tree.alternatives import BLOCK, Alternative
from irnet.tree.receptive_field import Rectangle
from irnet.units import grid, short

HEIGHT = 350  # pixels of a drawing


def finding(sentence: str) -> None:
    """What comes out, in one sentence."""
    st.markdown(f"**{text.plain(sentence)}**")


def factorise(shown: DeltaGenerator, controls: DeltaGenerator) -> None:
    """One window against windows that see the same."""
    with controls:
        windows = {f"{side}x{side}": side for side in alternatives.SIDES}
        window = st.segmented_control(
            "Window", list(windows), default="5x5", key="factorise.window", required=True, bind="query-params"
        )
        channels = st.number_input("Channels", 1, 1024, 64, 1, key="factorise.channels", bind="query-params")
        side = st.slider("Side of the grid", 1, 147, 17, key="factorise.grid", bind="query-params")
    ways = alternatives.factorisations(windows[window], channels, side)
    with shown:
        finding(alternatives.compare_windows(ways))
        _side_by_side(
            ways,
            "factorise",
            lambda way: {
                "Weights per pair of channels": str(way.weights_per_pair),
                "MACs": short(way.block.macs),
                "Receptive field": "{}x{}".format(*way.block.field.size),
            },
        )
        st.caption(text.FACTORISE)
        show.small(alternatives.records(ways), "factorise", alt="What each way costs")


def reduce(shown: DeltaGenerator, controls: DeltaGenerator) -> None:
    """Three ways to halve a grid."""
    with controls:
        channels = st.number_input("Channels that come in", 1, 1024, 320, 1, key="reduce.channels", bind="query-params")
        side = st.slider("Side of the grid", 3, 147, 35, key="reduce.grid", bind="query-params")
    ways = alternatives.reductions(channels, side)
    with shown:
        finding(alternatives.compare_reductions(ways))
        _side_by_side(
            ways,
            "reduce",
            lambda way: {
                "Parameters": short(way.block.params),
                "MACs": short(way.block.macs),
                "Smallest on the way": grid(way.smallest.out_shape),
            },
        )
        st.caption(text.REDUCE)
        show.small(alternatives.records(ways), "reduce", alt="What each way costs")


def _side_by_side(ways: Sequence[Alternative], key: str, numbers: Callable[[Alternative], dict[str, str]]) -> None:
    """Every way with its name, its drawing, its numbers and its files."""
    with st.grid(3, min_column_width=300):
        for i, way in enumerate(ways):
            with st.container(border=True):
                name = f"{key}.{way.title.lower().replace(' ', '_')}"
                bottleneck = ": a bottleneck" if way.is_bottleneck else ""
                st.header(f"{way.title[:1].upper()}{way.title[1:]}{bottleneck}")
                alt = words(way.network, BLOCK).alt
                drawing(block_drawings(way.network, BLOCK), alt, key=f"{key}.{i}", height=HEIGHT)
                show.pairs(numbers(way))
                show.downloads(
                    {f"{name}.{form}": partial(picture, way.network, form, BLOCK) for form in FORMATS},
                    key=f"{key}.{i}",
                )


def three_sizes(shown: DeltaGenerator, controls: DeltaGenerator) -> None:
    """One object at three sizes, and the branches of a module that see it whole."""
    with controls:
        what = choose("Object", list(sizes.OBJECTS), "sizes.object")
        module = choose_by_name("Module", sizes.modules(), "sizes.module")
        step = st.slider(
            "From one size to the next", 1.0, sizes.LARGEST_STEP, 1.3, 0.05, key="sizes.step", bind="query-params"
        )
    looks = sizes.looks(what, module, step)
    with shown:
        finding(sizes.finding(what, looks))
        with st.grid(3, min_column_width=300):
            for i, look in enumerate(looks):
                with st.container():
                    whole = Rectangle(0, 0, *look.seen.picture)
                    figure = outlined(look.image, look.seen.picture, look.outlines, whole, height=380)
                    st.plotly_chart(figure, key=f"sizes.{i}", config=show.STILL, alt=f"The {what}, {look.sentence}")
                    st.markdown(text.plain(f"{look.sentence[:1].upper()}{look.sentence[1:]}"))
                    show.file("PNG", f"sizes.{i + 1}.png", partial(_png, what, look), key=f"sizes.{i}")
        st.caption(text.THREE_SIZES)
        show.small(sizes.records(looks), "sizes", alt="Which branch sees the object whole at which size")


def _png(what: str, look: sizes.Look) -> bytes:
    file, notes = BytesIO(), (f"The {what}; {look.seen.network}, {look.seen.path}.", look.sentence)
    field_picture(look.image, look.seen, look.outlines, notes).save(file, "PNG")
    return file.getvalue()


def smooth(shown: DeltaGenerator, controls: DeltaGenerator) -> None:
    """Targets, loss and gradient as the smoothing moves."""
    with controls:
        epsilon = st.slider(
            "Epsilon", 0.0, 0.5, label_smoothing.EPSILON, 0.01, key="smooth.epsilon", bind="query-params"
        )
        classes = st.number_input(
            "Classes",
            2,
            label_smoothing.MOST_CLASSES,
            label_smoothing.CLASSES,
            1,
            key="smooth.classes",
            bind="query-params",
        )
    found = label_smoothing.Smoothing(epsilon, classes)
    with shown:
        finding(label_smoothing.finding(found))
        with st.grid(3, min_column_width=290):
            for i, chart in enumerate(label_smoothing.charts(found)):
                show.chart(chart, f"smooth.{i}", alt=chart.title)
        st.caption(text.LABEL_SMOOTHING)
        show.small(label_smoothing.records(found), "label_smoothing", alt="The targets, and where the loss is least")


def descend(shown: DeltaGenerator, controls: DeltaGenerator) -> None:
    """RMSProp beside gradient descent in a badly scaled valley."""
    with controls:
        steep = st.slider(
            "Steepness of y against x", 1, int(rmsprop.STEEPEST), 100, key="rmsprop.steepness", bind="query-params"
        )
        rate = st.number_input(
            "Learning rate", 0.001, 1.0, rmsprop.RATE, 0.005, "%.3f", key="rmsprop.rate", bind="query-params"
        )
        decay = st.slider("Decay", 0.0, 0.99, rmsprop.DECAY, 0.01, key="rmsprop.decay", bind="query-params")
        epsilons = {f"{value:g}": value for value in (rmsprop.EPSILON, 0.1, 1e-3, 1e-8)}
        epsilon = st.segmented_control(
            "Epsilon", list(epsilons), default="1", key="rmsprop.epsilon", required=True, bind="query-params"
        )
        steps = st.slider("Steps", 10, rmsprop.MOST_STEPS, rmsprop.STEPS, 10, key="rmsprop.steps", bind="query-params")
    found = rmsprop.descend(steep, steps, rate, decay, epsilons[epsilon])
    with shown:
        finding(rmsprop.finding(found))
        with st.grid(2, min_column_width=340):
            for i, chart in enumerate(rmsprop.charts(found, decay, epsilons[epsilon])):
                show.chart(chart, f"rmsprop.{i}", alt=chart.title)
        st.caption(text.RMSPROP)
        show.table(rmsprop.records(found), "rmsprop", alt="The loss step by step")


def heads(shown: DeltaGenerator, controls: DeltaGenerator) -> None:
    """Gradients by depth with an auxiliary head and without."""
    with controls:
        first = auxiliary_heads.Setting()
        depth = st.slider(
            "Layers",
            auxiliary_heads.SHALLOWEST,
            auxiliary_heads.DEEPEST,
            first.depth,
            key="heads.depth",
            bind="query-params",
        )
        after = st.slider(
            "Auxiliary head after layer",
            1,
            auxiliary_heads.DEEPEST - 1,
            first.after,
            key="heads.after",
            bind="query-params",
        )
        weight = st.slider("Weight of its loss", 0.0, 1.0, first.weight, 0.05, key="heads.weight", bind="query-params")
        init = st.segmented_control(
            "Initial weights", INITS, default=first.init, key="heads.init", required=True, bind="query-params"
        )
        norm = st.toggle("Batch norm", first.batch_norm, key="heads.norm", bind="query-params")
        seed = st.number_input("Seed", 0, 2**31 - 1, first.seed, 1, key="heads.seed", bind="query-params")
    after = min(after, depth - 1)  # after the last layer comes the main head
    setting = auxiliary_heads.Setting(depth=depth, after=after, weight=weight, batch_norm=norm, init=init, seed=seed)
    with shown:
        found = gradients_with_head(setting)
        finding(auxiliary_heads.finding(found))
        drawn = auxiliary_heads.chart(found)
        show.chart(drawn, "heads", alt=drawn.title)
        st.caption(text.AUXILIARY_HEADS)
        show.table(auxiliary_heads.records(found), "auxiliary_heads", alt="The gradient at every layer")


LABS = {
    "Factorise": factorise,
    "Reduce the grid": reduce,
    "Three sizes": three_sizes,
    "Label smoothing": smooth,
    "RMSProp": descend,
    "Auxiliary heads": heads,
}
st.title("Small labs")
show.ignored_line(unknown({"lab": LABS}))
for tab, lab in zip(st.tabs(list(LABS), key="lab", on_change="rerun", bind="query-params"), LABS.values(), strict=True):
    if tab.open:
        with tab, show.refusals():
            lab(*st.columns([3, 1], gap="medium"))
