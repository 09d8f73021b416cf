"""The residual-scale experiment as series, sentences and controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from PIL import Image

from app import text
from app.live import Setting
from app.views import show
from irnet.experiments.classify import Result as Classes
from irnet.experiments.classify import records
from irnet.experiments.photos import PHOTOS, decoded, photo
from irnet.experiments.residual_scale import BATCH_NORM_MODES, TENSORS, BatchNormMode, Curve, Result
from irnet.runtime.init import INITS
from irnet.units import fold

STATISTICS = {
    "mean_abs": "mean magnitude",
    "std": "standard deviation",
    "maximum": "largest magnitude",
    "zero_share": "share of zeros",
}
Series = Mapping[str, tuple[Sequence[str], Sequence[float | None]]]


def picture() -> Image.Image:
    """The reader's photograph: a bundled one, or an upload."""
    preview, choice = st.columns([1, 2])
    with choice:
        own = st.file_uploader("Your own photograph", ["jpg", "jpeg", "png", "webp"], help=text.EMPTY_UPLOAD)
        name = st.selectbox("Photograph", PHOTOS, key="photo", bind="query-params", disabled=own is not None)
    image = decoded(own.getvalue(), own.name) if own else photo(name)
    shown = own.name if own else name
    preview.image(image, caption=shown, alt=f"The photograph that is run: {shown}")
    return image


def setting(device: str, batch_norm: BatchNormMode = "batch") -> Setting:
    """The reader's statistics, weights and seed; `batch_norm` is what is shown first."""
    with st.container(horizontal=True):
        statistics = st.segmented_control(
            "Batch norm statistics",
            BATCH_NORM_MODES[::-1],
            default=batch_norm,
            key="norm",
            required=True,
            help="batch: of this picture, as in training; running: 0 and 1, as stored before any training",
            bind="query-params",
        )
        init = st.segmented_control(
            "Initial weights", INITS, default="tf", key="init", required=True, bind="query-params"
        )
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    return Setting(seed, init, statistics, device)


def made(result: Result) -> str:
    """Which weights and statistics a result comes from."""
    return f"**{text.plain(result.weights[:1].upper() + result.weights[1:])}**; {result.batch_norm} statistics"


def named(result: Result, curve: Curve) -> str:
    """What a curve is, for a legend."""
    if all(block.scale is None for block in curve.blocks):
        return f"in {result.network}, without residuals"
    scales = sorted({block.scale for block in curve.blocks if block.scale is not None})
    if curve.scale is None:
        return f"as published (scale {', '.join(f'{scale:g}' for scale in scales)})"
    return "without scaling (scale 1)" if curve.scale == 1 else f"at scale {curve.scale:g}"


def magnitudes(results: Sequence[Result], tensor: str, statistic: str) -> Series:
    """One statistic of one tensor of every block that has it, one line a curve."""
    series = {}
    for result in results:
        for curve in result.curves:
            held = [(block.path, getattr(block, tensor)) for block in curve.blocks if getattr(block, tensor)]
            if held:
                series[named(result, curve)] = [path for path, _ in held], [getattr(s, statistic) for _, s in held]
    return series


def columns(series: Series) -> list[dict[str, object]]:
    """The points of a plot as a table: one row a place in the order of the blocks, block and value of every curve."""
    longest = max((len(blocks) for blocks, _ in series.values()), default=0)
    rows: list[dict[str, object]] = [{"place": i + 1} for i in range(longest)]
    for name, (blocks, values) in series.items():
        for i, row in enumerate(rows):
            row.setdefault("block", blocks[i] if i < len(blocks) else None)
            row[name] = values[i] if i < len(values) else None
    return rows


def ratios(result: Result) -> Series:
    """Scaled residual over shortcut in every residual block, one line a curve."""
    return {
        named(result, curve): ([b.path for b in curve.blocks], [b.ratio for b in curve.blocks])
        for curve in result.curves
        if any(b.ratio is not None for b in curve.blocks)
    }


def finding(result: Result, tensor: str, statistic: str) -> str:
    """What a plot shows, in one sentence: how mean magnitudes grow from first block to last, if it shows them."""
    if (tensor, statistic) != ("output", "mean_abs"):
        return f"{STATISTICS[statistic].capitalize()} of the {tensor}, block by block"
    told = [f"{fold(curve.growth)} {named(result, curve)}" for curve in result.curves if curve.growth is not None]
    if not told:
        return f"{result.network} has no block to look at"
    return f"Mean magnitude through {len(result.curves[0].blocks)} blocks: {', '.join(told)}"


def shown() -> tuple[str, str, bool]:
    """What the reader wants plotted: tensor, statistic, and whether on a log axis."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tensor = st.selectbox("Tensor", TENSORS, TENSORS.index("output"), key="tensor", width=200, bind="query-params")
        statistic = st.selectbox(
            "Statistic",
            list(STATISTICS),
            format_func=STATISTICS.__getitem__,
            key="statistic",
            width=200,
            bind="query-params",
        )
        log = st.toggle("Log scale", True, key="log", disabled=statistic == "zero_share", bind="query-params")
    return tensor, statistic, log and statistic != "zero_share"  # a share may be 0, which has no logarithm


def classes(found: Classes | None) -> None:
    """The likeliest classes of the photograph; untrained weights have none."""
    if found is None:
        st.caption(text.NO_CLASSES)
        return
    st.caption(text.plain(f"{found.weights}. {found.preprocessing}. Labels: {found.names}."))
    show.table(records(found), f"{found.network}.classes", alt="The likeliest classes of the photograph")
