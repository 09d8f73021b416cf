"""The app's front door: `streamlit run streamlit_app.py` serves the pages, and drawings by address beside them."""

import streamlit as st

from app.drawings import ROUTES

app = st.App("pages.py", routes=ROUTES)
