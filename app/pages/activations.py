"""The residual lab: what the scale does to magnitudes, ratios and gradients, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st
from PIL import Image

from app import text
from app.address import Fields, field
from app.controls import Choice, network_choice
from app.passes import Setting, Weights, classify_image, kept_for_backward, reference, residual_scales
from app.views import activations, head, show
from app.views.show import refusals
from irnet.charts import Line, multiples
from irnet.lab.activations import TENSORS, Result, other
from irnet.lab.classify import records as class_records
from irnet.lab.forward import Scaling
from irnet.lab.scale_tables import OF_BLOCK, WORDS, chart, finding, overflows, records, weights_and_statistics
from irnet.spec import Edit, Network, Residual
from irnet.tree.saved import sum_norm_cost, with_sum_norm
from irnet.tree.totals import totals
from irnet.units import exact, share, short

MULTIPLES: tuple[Scaling, ...] = (0.1, 0.17, 0.2, 0.3, 1.0)  # the paper's range, the released values, and none
VIEWS = CURVES, FIVE, NORMS, NUMBERS, CLASSES = (
    "Curves",
    "Five scales",
    "Batch norm on the sums",
    "All numbers",
    "Classes",
)
PLOTS = (CURVES, FIVE, NUMBERS)  # views of a statistic that the reader chooses
BESIDE = {  # by the parameter of the address
    "reference": ("Inception-v4", text.NO_RESIDUALS),
    "norms": ("Batch norm on the sums", text.SUM_NORM),
    "statistics": ("Batch and running statistics", text.BOTH_STATISTICS),
}
SHARES = ("zero_share",)  # may be 0, which has no logarithm


def residual_stages(network: Network) -> list[str]:
    """The stages whose blocks have a scale."""
    return [stage.name for stage in network.stages if isinstance(stage.node, Residual) and stage.repeat]


def scaling(network: Network) -> Scaling:
    """The reader's scale: one for all blocks, or one per block type."""
    stages = {stage.name: stage.title for stage in network.stages if stage.name in residual_stages(network)}
    sliders = st.container()
    each = st.toggle("One scale per block type", key="each", bind="query-params", disabled=len(stages) < 2)
    with sliders:
        if each and len(stages) > 1:
            return tuple(
                (name, _scale(f"Compare with scale, {title}", f"scale.{name}")) for name, title in stages.items()
            )
        return _scale("Compare with scale", "scale", disabled=not stages)


def _scale(label: str, key: str, *, disabled: bool = False) -> float:
    return st.slider(label, 0.0, 1.0, 1.0, 0.05, key=key, bind="query-params", disabled=disabled)


def plot_choice(network: Network) -> tuple[str, str, bool, int | None]:
    """What the reader wants plotted: tensor, statistic, whether on a log axis, and the class of the loss."""
    statistic = st.selectbox(
        "Statistic", list(WORDS), format_func=WORDS.__getitem__, key="statistic", bind="query-params"
    )
    whole = statistic in OF_BLOCK
    tensor = st.selectbox("Tensor", TENSORS, TENSORS.index("output"), key="tensor", disabled=whole, bind="query-params")
    label = None
    if statistic == "gradient":
        most = max(network.head.classes - 1, 0)
        label = st.number_input("Class of the loss", 0, most, 0, key="label", help=text.LOSS, bind="query-params")
    log = st.toggle("Log scale", True, key="log", disabled=statistic in SHARES, bind="query-params")
    return "" if whole else tensor, statistic, log and statistic not in SHARES, label


def beside() -> tuple[list[bool], Callable[[bool], None]]:
    """What the reader wants beside the two scales, in the order of `BESIDE`, and what draws the switches for it."""
    hidden = Fields("beside")
    wanted = [bool(hidden.value("toggle", False, key=key)) for key in BESIDE]

    def draw(trained: bool) -> None:
        for key, (label, help_text) in BESIDE.items():
            field(st.toggle, label, key=key, help=help_text, disabled=trained and key != "reference")

    return wanted, draw


def results_of(
    network: Network,
    image: Image.Image,
    scale: Scaling,
    setting: Setting,
    loaded: Weights | None,
    wanted: Sequence[bool],
) -> list[Result]:
    """The network's own scale and the reader's, block by block, and what the reader wants beside them."""
    v4, norm, both = wanted
    results = [residual_scales(network, image, (None, scale), setting, loaded)]
    if both and not loaded:
        results.append(
            residual_scales(network, image, (None, scale), replace(setting, batch_norm=other(setting.batch_norm)))
        )
    if norm and residual_stages(network) and not loaded:
        results.append(residual_scales(_with_sum_norm(network), image, (None, scale), setting))
    if v4:
        results.append(residual_scales(reference(network), image, (None,), setting))
    return results


def _with_sum_norm(network: Network) -> Network:
    return replace(with_sum_norm(network, norm=True), edits=(*network.edits, Edit("", "sum_norm", True)))


def curves(results: Sequence[Result], tensor: str, statistic: str, *, log: bool) -> None:
    """The chosen statistic, block by block."""
    show.ignored_line([sentence for result in results for sentence in overflows(result)])
    drawn = chart(results, tensor, statistic, log=log)
    if not drawn.lines:
        st.caption(text.NO_SUMS)
        return
    show.chart(drawn, "curves", alt=f"{drawn.title}; the tab {NUMBERS} has the numbers")
    st.caption(text.READ_GRADIENT if statistic == "gradient" else text.READ_MAGNITUDES)


def columns(found: Sequence[Line]) -> list[dict[str, object]]:
    """The points of a plot as a table: one row a place in the order of the blocks, block and value of every curve."""
    rows: list[dict[str, object]] = [{"place": i + 1} for i in range(max(len(line.y) for line in found))]
    for line in found:
        for i, row in enumerate(rows):
            row.setdefault("block", line.places[i] if i < len(line.y) else None)
            row[line.name] = line.y[i] if i < len(line.y) else None
    return rows


def small(
    network: Network,
    image: Image.Image,
    setting: Setting,
    loaded: Weights | None,
    tensor: str,
    statistic: str,
    *,
    log: bool,
) -> None:
    """The same statistic at five scales, each in a small chart of its own."""
    result = residual_scales(network, image, (None, *MULTIPLES), setting, loaded)
    drawn = chart([result], tensor, statistic, log=log)
    found = drawn.lines
    if len(found) < 2:
        st.caption(text.NO_SUMS)
        return
    show.ignored_line(overflows(result))
    title = f"{finding([result], '', statistic).partition(',')[0]} at {len(MULTIPLES)} scales; dotted: {found[0].name}"
    st.markdown(f"**{text.plain(title)}**")
    st.caption(text.plain(weights_and_statistics([result])))
    with st.grid(3, min_column_width=270):  # on a phone one below the other
        for i, one in enumerate(multiples(drawn)):
            show.chart(one, f"multiples.{i}", alt=f"{title}: {one.title}; the table has the numbers")
    show.table(columns(found), f"{network.name}.multiples.{statistic}", alt=title)


def memory(network: Network) -> None:
    """What batch norm on the sums costs: parameters, and memory kept for the backward pass."""
    if not residual_stages(network):
        st.caption(text.NO_SUMS)
        return
    batch = st.slider("Batch size", 2, 256, 32, 2, key="batch", bind="query-params")
    cost = sum_norm_cost(network, batch)
    more, sums = (
        cost.bytes_with - cost.bytes_without,
        sum(s.repeat for s in network.stages if isinstance(s.node, Residual)),
    )
    st.markdown(
        f"**Batch norm on {sums} sums would need {short(more, 'B')} more memory for a batch of {batch}, "
        f"an increase of {share(more, cost.bytes_without)}**"
    )
    bare = totals(with_sum_norm(network, norm=False)).params
    measured = [kept_for_backward(with_sum_norm(network, norm=norm), batch) for norm in (False, True)]
    show.table(
        [
            {
                "what": "parameters",
                "without": exact(bare),
                "with": exact(bare + cost.params),
                "difference": exact(cost.params),
            },
            _row("kept for the backward pass, predicted", cost.bytes_without, cost.bytes_with),
            _row("kept for the backward pass, measured", *measured),
        ],
        f"{network.name}.sum_norm",
        alt="Parameters and memory with and without batch norm on the sums",
    )
    st.caption(text.SAVED)


def _row(what: str, without: int, with_: int) -> dict[str, object]:
    return {
        "what": what,
        "without": short(without, "B"),
        "with": short(with_, "B"),
        "difference": short(with_ - without, "B"),
    }


def numbers(network: Network, results: Sequence[Result], tensor: str, statistic: str) -> None:
    """The points of the curves, and every statistic of every block."""
    drawn = chart(results, tensor, statistic)
    if drawn.lines:
        st.markdown(f"**{text.plain(drawn.title)}**")
        show.table(columns(drawn.lines), f"{network.name}.{tensor}.{statistic}", alt=drawn.title)
    st.markdown("**Every statistic of every block**")
    show.table(
        records(results[0]),
        f"{network.name}.activations",
        alt="Mean, deviation, maximum and zero share, block by block",
    )


def classes(network: Network, image: Image.Image, device: str, loaded: Weights | None) -> None:
    """The likeliest classes of the photograph; untrained weights have none."""
    if not loaded:
        st.caption(text.NO_CLASSES)
        return
    found = classify_image(network, image, device, loaded)
    st.caption(text.plain(f"{found.weights}. {found.preprocessing}. Labels: {found.names}."))
    show.table(class_records(found), f"{found.network}.classes", alt="The likeliest classes of the photograph")


@st.fragment
@refusals()
def lab(choice: Choice) -> None:
    """What moves with the scale; the rest of the page stays as it is."""
    network = choice.network
    shown, controls = st.columns([3, 1], gap="medium")
    with shown:
        tabs = dict(zip(VIEWS, st.tabs(VIEWS, key="plot", on_change="rerun", bind="query-params"), strict=True))
    view = next(name for name, tab in tabs.items() if tab.open)
    with controls:
        scale = scaling(network)
        tensor, statistic, log, label = plot_choice(network) if view in PLOTS else ("output", "mean_abs", True, None)
        wanted, draw = beside()
        image, setting, loaded = activations.inputs(network, choice.device, several="Seeds, for a band", more=draw)
    setting = replace(setting, label=label)
    with tabs[view]:
        if view in (CURVES, NUMBERS):
            results = results_of(network, image, scale, setting, loaded, wanted)
            if view == CURVES:
                curves(results, tensor, statistic, log=log)
            else:
                numbers(network, results, tensor, statistic)
        elif view == FIVE:
            small(network, image, setting, loaded, tensor, statistic, log=log)
        elif view == NORMS:
            memory(network)
        else:
            classes(network, image, choice.device, loaded)
    with shown:
        st.caption(f"{text.NORMS} {text.DEATH} {text.TRAINED if loaded else text.UNTRAINED}")


choice = network_choice()
head.heading("What the scale does in", choice.network)
lab(choice)
