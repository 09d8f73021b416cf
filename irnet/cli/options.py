"""What verbs have in common, and those about sources: provenance, errata, ledger."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import wraps
from importlib import import_module
from typing import Annotated, Any

import typer

from irnet.cli.terminal import Output, errata_text, ledger_text, provenance_text, show
from irnet.edit import network
from irnet.models.errata import errata as errata_named
from irnet.provenance.erratum_checks import erratum_record
from irnet.provenance.explanations import claims, records, similar_figures, summaries
from irnet.provenance.published import PAPERS
from irnet.provenance.sources import deviations, errata_of, implementations, names
from irnet.spec import Network
from irnet.training.settings import SETTINGS

Name = Annotated[str, typer.Argument(help="A network, such as inception_v4 or inception_resnet_v2.tf_slim.")]
Form = Annotated[Output, typer.Option("--format", help="How to print.")]
Knobs = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a knob or a place: a=6, input_size=224x261, inception_b.0.b1.filters=200."),
]

sources = typer.Typer()


def memory_limit(device: str) -> AbstractContextManager[None]:
    """One sentence where the device runs out of memory while the block runs."""
    limited: AbstractContextManager[None] = import_module("irnet.runtime.device").memory_limit(device)
    return limited


def network_of(name: str, changes: list[str] | None = None) -> Network:
    """The network that a command line names, with its knobs changed and its places edited.

    Raises
    ------
    ValueError
        For an unknown name, knob or place, or a value outside its limits.
    """
    return network(name, *(changes or ()))


def with_settings(verb: Callable[..., int]) -> Callable[..., int]:
    """A verb with an option for every setting of a training run; it gets what was typed as `typed`, "name=value" each.

    Examples
    --------
    >>> verb = with_settings(lambda typed: len(typed))
    >>> verb(batch="8", rate=None), list(inspect.signature(verb).parameters)[:2]
    (1, ['steps', 'batch'])
    """

    @wraps(verb)
    def made(**given: Any) -> int:
        asked = {name: given.pop(name, None) for name in SETTINGS}
        return verb(typed=[f"{name}={value}" for name, value in asked.items() if value is not None], **given)

    own = [p for p in inspect.signature(verb, eval_str=True).parameters.values() if p.name != "typed"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    options = [
        inspect.Parameter(name, keyword, default=None, annotation=Annotated[str | None, _option(name)])
        for name in SETTINGS
    ]
    parameters = [*(p.replace(kind=keyword) for p in own), *options]
    made.__dict__["__signature__"] = inspect.Signature(parameters, return_annotation=int)
    made.__annotations__ = {p.name: p.annotation for p in parameters}
    return made


def _option(name: str) -> Any:
    """The option of one setting: its words and limits are those of a form."""
    about = SETTINGS[name]
    erratum_record = f"{about.about.label} ({about.allowed}). {about.about.help}"
    panel = f"Settings of every run: {about.about.group.lower()}"
    return typer.Option(
        f"--{name.replace('_', '-')}", metavar=about.kind.upper(), help=erratum_record, rich_help_panel=panel
    )


@sources.command()
def provenance(name: Name, form: Form = Output.TEXT) -> None:
    """What paper and releases call every stage of a network, and how they deviate."""
    spec = network_of(name)
    found = {
        "name": spec.name,
        "implementations": implementations(spec),
        "papers": [
            {"name": paper.name, "cited": paper.cited, "adds": [asdict(one) for one in paper.adds]} for paper in PAPERS
        ],
        "stages": names(spec),
        "deviations": deviations(spec),
    }
    show(found, form, provenance_text)


@sources.command()
def errata(
    name: Annotated[str | None, typer.Argument(help="A network, or an erratum as E5; without, all errata.")] = None,
    form: Form = Output.TEXT,
) -> None:
    """Where the paper's print disagrees with arithmetic, with itself or with released code, and the arithmetic."""
    one = errata_named(name.upper()) if name and re.fullmatch(r"[Ee]\d+", name) else ()
    found = errata_of(network(name) if name and not one else None)
    found = [erratum for erratum in found if not one or erratum["id"] == one[0].id]
    show([erratum | erratum_record(str(erratum["id"])) for erratum in found], form, errata_text)


@sources.command()
def ledger(name: Name, knobs: Knobs = None, form: Form = Output.TEXT) -> None:
    """Published and reported counts beside ours, with terms that add up to them."""
    spec = network_of(name, knobs)
    told_each = zip(summaries(spec), claims(spec), strict=True)
    counts = [summary | {"lines": records(claim)} for summary, claim in told_each]
    found = {"name": spec.name, "edits": spec.edit_text, "counts": counts, "lookalikes": similar_figures(spec)}
    show(found, form, ledger_text)
