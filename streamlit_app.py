"""The app's front door: `streamlit run streamlit_app.py` serves the pages, and drawings by address beside them."""

import streamlit as st
from starlette.middleware import Middleware

from app.drawings import ROUTES
from app.headers import Headers

app = st.App("pages.py", routes=ROUTES, middleware=[Middleware(Headers)])
