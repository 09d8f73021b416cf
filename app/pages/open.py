"""A network that somebody else wrote: what it is, beside its nearest relative, and every difference."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import text
from app.components.canvas import canvas
from app.controls import MODEL
from app.drawings import BesideView, View
from app.edits import EDITS
from app.opened import EXAMPLES, OPENED, opened, show_opened
from app.passes import Weights, read_network
from app.state import listed, put_all
from app.views import show
from app.weights import LARGEST, saved
from irnet.diagrams.beside import revealing_beside
from irnet.diagrams.nested import Expansion, shown_block
from irnet.edit import network_of_label
from irnet.models import title
from irnet.opening.check import Report
from irnet.runtime.weights import Identity
from irnet.spec import Network
from irnet.tables import Records
from irnet.tree import resolve
from irnet.tree.totals import summary

TURNED, PLACE = "turned", "place"  # parameters of the address


def choose() -> None:
    """A file of the reader's, or an example."""
    own = st.file_uploader("A network of yours", max_upload_size=LARGEST, key="open.file")
    st.pills("or an example", list(EXAMPLES), key="open.example", wrap=True)
    told = st.container()
    st.caption(text.OPEN_MODULE)
    st.code("irnet open FILE.py:NAME --out net.json", language="bash")
    given = (own.file_id if own else "", st.session_state.get("open.example") or "")
    if given == st.session_state.get("open.given"):
        return
    with told, show.refusals():
        example = EXAMPLES.get(given[1])
        theirs = _uploaded(own) if own else None
        if file := Path(theirs.folder, theirs.name) if theirs else example:
            match read_network(file.parent, file.name):
                case Identity() as identity:
                    checkpoint(identity)
                case network, report:
                    st.session_state["open.given"] = given
                    show_opened(network, report, theirs)
                    st.rerun()


def _uploaded(upload: UploadedFile) -> Weights:
    folder, key = saved((upload,))
    return Weights(Path(upload.name).name, key, Path(folder.name))


def checkpoint(identity: Identity) -> None:
    """Whose weights a file holds, and the way to that network."""
    st.markdown(f":material/deployed_code: {text.plain(identity.sentence)}.")
    if identity.exact and identity.preset:
        address = {MODEL: identity.preset, f"{identity.preset}.{EDITS}": ", ".join(identity.edits)}
        st.page_link(
            "app/pages/network.py",
            label=f"Show {title(identity.preset)}",
            icon=":material/schema:",
            query_params={key: value for key, value in address.items() if value} | {OPENED: ""},
        )


def found(network: Network, report: Report) -> None:
    """What it is, in a sentence, its picture and its differences."""
    st.title(f"{title(network.name)}, opened")
    st.markdown(text.plain(report.sentence))
    if report.near:
        drawing((network, network_of_label(report.nearest)))
        if report.differences:
            st.header("What differs")
            differences(report)
    else:
        drawing((network,))
    st.header("Stages")
    show.table(
        cast("Records", summary(network)["stages"]), f"{network.name}.stages", alt="Its stages with their counts"
    )


def drawing(networks: tuple[Network, ...]) -> None:
    """The network on a canvas, beside its nearest relative where it has one."""
    beside = len(networks) > 1
    paths = BesideView(networks=networks).paths if beside else resolve(networks[0])
    toggled = listed(TURNED, paths)
    place = asked if (asked := st.query_params.get(PLACE, "")) in paths else ""
    view: View | BesideView
    if beside:
        view = BesideView(networks=networks, toggled=revealing_beside(networks, 0, toggled, place), ghosts=True)
    else:
        view = View(network=networks[0], opened=Expansion(0, toggled, shown_block(networks[0], place)))
    canvas(
        view,
        place,
        key="open.canvas",
        on_click=lambda path: put_all({PLACE: path}),
        on_toggle=lambda path: put_all({TURNED: ",".join(sorted(toggled ^ {path})), PLACE: path}),
        on_shut=lambda: put_all({TURNED: ""}),
    )
    number, _, path = place.partition("/") if beside else ("0", "", place)
    if place and (module := resolve(networks[int(number)])[path].module):
        st.caption(f"The author calls it {text.plain(module)}.")


def differences(report: Report) -> None:
    """A row a difference, the harmless ones last."""
    rows = [
        {
            "what": text.plain(one.sentence),
            "changes an output": "no" if one.harmless else "yes",
            "compared with": text.plain(one.figure),
            "their module": text.plain(one.theirs),
        }
        for one in sorted(report.differences, key=lambda one: one.harmless)
    ]
    show.prose(rows, "differences", alt="Every difference from its nearest relative")


now = opened()
if now:
    found(*now)
    with st.expander("Open another", key="open.another"):
        choose()
else:
    st.title("Open a network")
    st.markdown(text.OPEN)
    choose()
