"""What one output of a box sees of a photograph: in theory, and by the gradient."""

import streamlit as st

from app import field, text
from app.controls import network_choice
from app.passes import effective_field_of
from app.views import activations, head, show
from app.views import field as view
from app.weights import weights
from irnet.tree.receptive_field import part_records

choice = network_choice()
network = choice.network
head.heading("Receptive fields of", network)
loaded = weights()
st.markdown(f"{text.FIELD} {text.FIELD_TRAINED if loaded else text.FIELD_UNTRAINED}")

with st.grid(2, min_column_width=300):
    with st.container(border=True):
        image = activations.picture(network)
        several = "" if loaded else "Seeds, to average"
        setting = activations.setting(choice.device, several=several, first="running", trained=bool(loaded))
    with st.container(border=True):
        box = field.box(network)
        place = field.position(box.out_shape[1:])
        channel = field.channel(box.out_shape[0])

found = effective_field_of(network, image, box.path, place, channel, setting, loaded)
grid = st.grid(3, min_column_width=270)
with grid.cell(column_span=2):
    view.picture(image, found, field.look_from)
    st.caption(f"{text.FIELD_CLICK} {text.FIELD_HEAT}")
with grid.cell():
    st.markdown(f"**{text.plain(found.weights[:1].upper() + found.weights[1:])}**; {found.batch_norm} statistics")
    st.markdown("\n".join(f"- {text.plain(sentence)}" for sentence in (*found.seen.sentences, *found.sentences)))
    if found.batch_norm == "batch":
        st.caption(text.FIELD_BATCH)
    view.to_scale(image, found)
    view.download(image, found)

numbers, diagram, depth = st.tabs(
    ["Numbers", "Choose in the diagram", "Field against depth"], key="field", on_change="rerun", bind="query-params"
)
if numbers.open:
    with numbers:
        show.table(
            part_records(found.seen), f"{network.name}.{box.path}.field", alt="The field of the box and its parts"
        )
if diagram.open:
    with diagram:
        field.diagram(network, box.path)
if depth.open:
    with depth:
        view.depth(network, max(network.input_shape[1:]))
