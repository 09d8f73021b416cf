"""Parts of a lesson's step: a question that is predicted before it is revealed, a table, a control."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import text
from app.views import show
from irnet.comparison.changes import count_records
from irnet.comparison.side_by_side import changed_knobs
from irnet.diagrams.graph_builder import FLOWS
from irnet.diagrams.nested import LEVELS
from irnet.diagrams.overlay import EDGES, OVERLAYS
from irnet.lessons.check import is_right, networks_of, right
from irnet.lessons.prose import bare
from irnet.lessons.value import Step
from irnet.models import recipe_of
from irnet.models.recipe import knobs, limits
from irnet.provenance.ledger import ledger, records
from irnet.provenance.quantities import fill, number
from irnet.spec import Network

FADE = "fade"
WORDS = {"level": "Open down to", "overlay": "Colour by", "edges": "Width of arrows by", "flow": "Arrows run"}
OPTIONS: dict[str, tuple[str, ...]] = {"level": LEVELS, "overlay": OVERLAYS, "edges": EDGES, "flow": FLOWS}


def question(here: Step, network: Network, *, key: str) -> None:
    """The question of a step: a prediction, and the answer folded up until it is made or asked for."""
    asked = here.question
    if not asked:
        return
    answer = right(asked, network)
    with st.container(border=True):
        st.markdown(f"**Predict first.** {_text(asked.text, network)}")
        if asked.choices:
            choices = [fill(choice, network) for choice in asked.choices]
            guess: Any = st.radio("Your prediction", choices, index=None, key=key, format_func=text.plain)
        else:
            guess = st.number_input("Your prediction", value=None, step=1.0, format="%g", key=key)
        answer_text = answer if isinstance(answer, str) else number(answer)
        with st.expander("Reveal the answer", expanded=guess is not None):
            if guess is not None:
                good = is_right(asked, network, guess)
                st.badge(
                    "Right" if good else "Not quite",
                    icon=f":material/{'check' if good else 'close'}:",
                    color="green" if good else "orange",
                )
            st.markdown(f"**{text.plain(answer_text)}.** {_text(asked.explanation, network)}")


def _text(words: str, network: Network) -> str:
    return text.plain(bare(fill(words, network)))


def table(here: Step, key: str) -> None:
    """The table under a picture, if the step has one."""
    networks = networks_of(here)
    match here.table:
        case "knobs":
            show.changes(changed_knobs(*networks), networks, f"{key}.knobs")
        case "parameters" | "MACs":
            counts = count_records("params" if here.table == "parameters" else "macs", *networks)
            show.small(counts, f"{key}.counts", alt=f"{here.table} of the networks, part by part")
        case "ledger":
            lines, alt = records(ledger(networks[0])), "What three counters count, and what not"
            show.small(lines, f"{key}.ledger", alt=alt, nothing="")


def address_of(name: str) -> str:
    """The parameter of the address that a control has: not that of another page, which would get lost on the way."""
    return f"knob.{name}"


def control(here: Step, name: str, *, renewed: bool) -> Any:
    """One control of a step's picture; what it is set to. Once `renewed` it is as the step has it."""
    key = address_of(name)
    network = networks_of(here)[0]
    value: Any = getattr(here, name) if name == FADE or name in OPTIONS else knobs(recipe_of(network))[name]
    if renewed and key in st.session_state:
        st.session_state[key] = value
    if name in OPTIONS:
        options = OPTIONS[name]
        if name in ("level", "flow"):
            return st.segmented_control(
                WORDS[name], options, default=value, key=key, required=True, bind="query-params"
            )
        return st.selectbox(WORDS[name], options, options.index(value), key=key, bind="query-params", width=220)
    if name == FADE:
        return st.toggle("Fade what is the same", value, key=key, bind="query-params")
    limit = limits(recipe_of(network))[name]
    if isinstance(value, bool):
        return st.toggle(limit.help, value, key=key, bind="query-params")
    kind = type(value)
    low, high, step = kind(limit.low), kind(limit.high), kind(limit.step)
    return st.slider(limit.help, low, high, value, step, key=key, bind="query-params", width=280)
