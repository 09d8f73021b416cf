"""A checkpoint for the network that is run: one from the server's folder, or the reader's own file."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import text
from app.controls import editing
from app.opened import opened, opened_file
from app.passes import Weights, what_is_in
from app.server.roots import WEIGHTS as FOLDER
from app.server.roots import entries, root
from app.views import show

INDEXES = (".safetensors.index.json", ".index")  # of checkpoints in several files: safetensors in shards, TensorFlow's
ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".h5", ".keras", ".npz", ".onnx", ".pt2", *INDEXES)
LARGEST = 300  # MB of an upload; the largest released checkpoint has 224
MOST = 100  # files of one checkpoint


def weights() -> Weights | None:
    """The checkpoint that the reader chose, with a sentence on what it is; None for untrained weights.

    One that can't be opened, or does not fit the chosen network, is refused in its place and the page goes on.
    """
    with st.expander("Trained weights", key="weights", on_change="rerun", bind="query-params") as box:
        if not box.open:
            return None
        st.caption(text.WEIGHTS)
        theirs = opened_file()
        taken = theirs if theirs and st.toggle("Those in the opened file", key="own.weights") else None
        largest = min(LARGEST, st.get_option("server.maxUploadSize"))  # the server's limit holds for every upload
        own = st.file_uploader(
            "A checkpoint of yours", accept_multiple_files=True, max_upload_size=largest, key="checkpoint"
        )
        served = on_server()
        name = st.selectbox("or one on the server", sorted(served), index=None, key="served", disabled=not served)
        if not served:
            st.caption(text.NO_FOLDER.format(FOLDER))
        with show.refusals():
            found = taken or (_uploaded(tuple(own), largest) if own else _open_served(name, served) if name else None)
            if found:
                network = now[0] if (now := opened()) else editing().network
                st.caption(f":material/check: {text.plain(what_is_in(network, found))}.")
            return found
    return None


def _uploaded(files: tuple[UploadedFile, ...], largest: int) -> Weights:
    names = [_file_name(file) for file in files]
    indexes = [name for name in names if name.endswith(INDEXES)] if len(files) > 1 else names
    if len(indexes) != 1 or len(files) > MOST:
        raise ValueError(text.SEVERAL_FILES.format(len(files), MOST))
    if sum(file.size for file in files) > largest * 2**20:
        raise ValueError(text.LARGE_FILES.format(len(files), largest))
    folder, key = saved(files)
    return Weights(indexes[0], key, Path(folder.name), tuple(name for name in names if name != indexes[0]))


@st.cache_resource(
    max_entries=2,  # a network that is opened, and other weights
    scope="session",
    on_release=lambda saved: saved[0].cleanup(),
    show_spinner=False,
    hash_funcs={UploadedFile: lambda upload: upload.file_id},
)
def saved(files: tuple[UploadedFile, ...]) -> tuple[TemporaryDirectory[str], str]:
    """A folder with the uploads in it, for as long as the session keeps it, and the digest of their content."""
    folder, digest = TemporaryDirectory(), sha256()
    for file in files:
        content = file.getbuffer()
        Path(folder.name, _file_name(file)).write_bytes(content)
        digest.update(content)
    return folder, digest.hexdigest()


def _file_name(upload: UploadedFile) -> str:
    return Path(upload.name).name


def on_server() -> dict[str, Path]:
    """Name to path of every checkpoint in the server's folder; a reader can name no other path."""
    home = root(FOLDER)
    found = entries(home) if home else {}
    return {name: path for name, path in found.items() if name.endswith(ENDINGS) and path.is_file()}


def _open_served(name: str, served: dict[str, Path]) -> Weights | None:
    home, path = root(FOLDER), served[name]
    stem = next((name.removesuffix(end) for end in INDEXES if name.endswith(end)), None)
    near = entries(home) if home and stem else {}
    beside = tuple(other for other in near if other.startswith(stem or "") and other != name)[:MOST]
    stats = [near[other].stat() for other in beside] + [path.stat()]
    key = f"{path} {' '.join(f'{stat.st_size} {stat.st_mtime_ns}' for stat in stats)}"
    return Weights(name, key, home, beside) if home else None
