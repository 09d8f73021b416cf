"""The pages of the app, and nothing else."""

import streamlit as st

from app.frame import run

st.set_page_config(page_title="irnet: Inception-ResNet explorer", page_icon="assets/icon.png", layout="wide")

run(
    st.navigation(
        {
            "": [st.Page("app/pages/overview.py", title="Overview", icon=":material/account_tree:", default=True)],
            "Structure": [
                st.Page("app/pages/network.py", title="Network", icon=":material/schema:"),
                st.Page("app/pages/edit.py", title="Edit", icon=":material/tune:"),
                st.Page("app/pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
                st.Page("app/pages/cost.py", title="Cost", icon=":material/calculate:"),
            ],
            "Sources": [
                st.Page("app/pages/provenance.py", title="Provenance", icon=":material/fingerprint:"),
                st.Page("app/pages/errata.py", title="Errata", icon=":material/edit_note:"),
                st.Page("app/pages/figures.py", title="Figures", icon=":material/image:"),
            ],
            "Residual lab": [
                st.Page("app/pages/activations.py", title="Activations", icon=":material/show_chart:"),
                st.Page("app/pages/block.py", title="Block", icon=":material/function:"),
                st.Page("app/pages/maps.py", title="Feature maps", icon=":material/grid_view:"),
                st.Page("app/pages/field.py", title="Receptive field", icon=":material/center_focus_strong:"),
            ],
            "Training lab": [
                st.Page("app/pages/race.py", title="Race", icon=":material/timer:"),
                st.Page("app/pages/death.py", title="Death map", icon=":material/grid_on:"),
            ],
            "Lessons": [
                st.Page("app/pages/learn.py", title="Learn", icon=":material/school:"),
                st.Page("app/pages/lesson_editor.py", title="Lesson editor", icon=":material/edit_square:"),
            ],
        },
        position="top",
    )
)
