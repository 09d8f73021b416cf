"""The app's front door: `streamlit run streamlit_app.py` serves the pages, drawings by address, and its readiness."""

import streamlit as st
from starlette.middleware import Middleware

from app import drawings, maps
from app.server import ready
from app.server.headers import Headers

app = st.App(
    "pages.py",
    lifespan=ready.lifespan,
    routes=(*drawings.ROUTES, *maps.ROUTES, *ready.ROUTES),
    middleware=[Middleware(Headers)],
)
