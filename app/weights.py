"""A checkpoint for the network that is run: one from the server's folder, or the reader's own file."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import text
from app.server.networks import Weights
from app.server.roots import WEIGHTS as FOLDER
from app.server.roots import entries, root

ENDINGS = ("safetensors", "pt", "pth", "bin", "h5")
LARGEST = 300  # MB of an upload; the largest released checkpoint has 224


def weights() -> Weights | None:
    """The checkpoint that the reader chose; None for untrained weights."""
    with st.expander("Trained weights", key="weights", on_change="rerun", bind="query-params") as box:
        if not box.open:
            return None
        st.caption(text.WEIGHTS)
        largest = min(LARGEST, st.get_option("server.maxUploadSize"))  # the server's limit holds for every upload
        own = st.file_uploader("A checkpoint of yours", list(ENDINGS), max_upload_size=largest, key="checkpoint")
        served = on_server()
        name = st.selectbox("or one on the server", sorted(served), index=None, key="served", disabled=not served)
        if not served:
            st.caption(text.NO_FOLDER.format(FOLDER))
    if own:
        folder, key = _saved(own)
        return Weights(_file_name(own), key, Path(folder.name))
    home = root(FOLDER)
    return _open_served(home, name, served[name]) if home and name else None


@st.cache_resource(
    max_entries=1,
    scope="session",
    on_release=lambda saved: saved[0].cleanup(),
    show_spinner=False,
    hash_funcs={UploadedFile: lambda upload: upload.file_id},
)
def _saved(upload: UploadedFile) -> tuple[TemporaryDirectory[str], str]:
    """A folder with the upload in it, for as long as the session keeps it, and the digest of its content."""
    folder, content = TemporaryDirectory(), upload.getbuffer()
    Path(folder.name, _file_name(upload)).write_bytes(content)
    return folder, sha256(content).hexdigest()


def _file_name(upload: UploadedFile) -> str:
    return Path(upload.name).name


def on_server() -> dict[str, Path]:
    """Name to path of every checkpoint in the server's folder; a reader can name no other path."""
    home = root(FOLDER)
    found = entries(home) if home else {}
    return {name: path for name, path in found.items() if Path(name).suffix[1:] in ENDINGS and path.is_file()}


def _open_served(home: Path, name: str, path: Path) -> Weights:
    stat = path.stat()
    return Weights(name, f"{path} {stat.st_size} {stat.st_mtime_ns}", home)
