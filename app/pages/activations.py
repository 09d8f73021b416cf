"""Activation magnitudes with and without residual scaling, block by block."""

import streamlit as st

from app import text
from app.controls import chosen
from app.live import classified, reference, scaled
from app.views import activations as view
from app.views import charts, show
from app.weights import weights
from irnet.experiments.residual_scale import records

choice = chosen()
network = choice.network
show.heading("Activations of", network)
loaded = weights()
st.markdown(f"{text.DEATH} {text.TRAINED if loaded else text.UNTRAINED}")

with st.grid(2, min_column_width=300):
    with st.container(border=True):
        image = view.picture()
    with st.container(border=True):
        scale = st.slider(
            "A scale to compare with, besides the published one", 0.0, 1.0, 1.0, 0.05, key="scale", bind="query-params"
        )
        setting = view.setting(choice.device)
        beside = st.toggle(
            "Inception-v4 as a reference line", key="reference", help=text.NO_RESIDUALS, bind="query-params"
        )

result = scaled(network, image, (None, scale), setting, loaded)
results = [result, *([scaled(reference(network), image, (None,), setting)] if beside else [])]
st.caption(f"{view.made(result)}; computed on {choice.device}. {text.NORMS}")

size, share, numbers, classes = st.tabs(
    ["Magnitude", "Residual against shortcut", "All numbers", "Classes"],
    key="plot",
    on_change="rerun",
    bind="query-params",
)
if size.open:
    with size:
        tensor, statistic, log = view.shown()
        title = view.finding(result, tensor, statistic)
        if series := view.magnitudes(results, tensor, statistic):
            figure = charts.lines(series, title, f"{view.STATISTICS[statistic]} of the {tensor}", log=log)
            show.chart(figure, "magnitudes", alt=f"{title}; the table below has the numbers")
            show.table(view.columns(series), f"{network.name}.{tensor}.{statistic}", alt=title)
        else:
            st.caption(text.NO_RESIDUALS)
        st.caption(text.READ_MAGNITUDES)
if share.open:
    with share:
        if ratios := view.ratios(result):
            title = "How large the scaled residual is beside the shortcut it is added to"
            figure = charts.lines(ratios, title, "mean |scaled residual| / mean |shortcut|", log=True)
            show.chart(figure, "ratios", alt=f"{title}; the table below has the numbers")
            show.table(view.columns(ratios), f"{network.name}.ratios", alt=title)
        else:
            st.caption(text.NO_RESIDUALS)
if numbers.open:
    with numbers:
        found = [{"network": one.network} | record for one in results for record in records(one)]
        show.table(found, f"{network.name}.activations", alt="Mean, deviation, maximum and zero share, block by block")
if classes.open:
    with classes:
        view.classes(classified(network, image, choice.device, loaded) if loaded else None)
