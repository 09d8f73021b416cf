"""The pages of the app, and nothing else."""

import streamlit as st

from app.bar import PLACES
from app.frame import run

st.set_page_config(page_title="irnet: Inception explorer", page_icon="assets/icon.png", layout="wide")

run(
    st.navigation(
        [
            st.Page(view.path, title=view.title, default=view.page == "overview")
            for place in PLACES
            for view in place.views
        ],
        position="hidden",
    )
)
