"""The way from a page with a canvas to the photograph inside it, which imports torch: only once it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from app.drawings import BesideView, View
from app.views.show import refusals
from irnet.diagrams.beside import opened_beside
from irnet.diagrams.nested import looked_at
from irnet.diagrams.overlay import PHOTOGRAPH
from irnet.spec import Network
from irnet.tree import resolve

if TYPE_CHECKING:
    from app.views.photograph import Look


def controls(*networks: Network) -> Callable[..., Look] | None:
    """The controls of one photograph for these networks: what to look at, of a network. None for a bad picture."""
    from app.views import photograph  # noqa: PLC0415

    with refusals():
        return photograph.controls(networks)
    return None


def choose_map(make: Callable[..., Look], network: Network, chosen: str) -> Callable[..., Look]:
    """`make` with what the reader wants the chosen box to show."""
    from app.views import photograph  # noqa: PLC0415

    tree = resolve(network)
    runs = chosen in tree and not tree.is_aside(chosen)
    return partial(make, shows=photograph.choose_map(network, chosen)) if runs else make


def looks(view: View | BesideView, chosen: str, make: Callable[..., Look] | None) -> list[Look]:
    """What is looked at where a view has room for pictures: of each of its networks what `make` makes.

    Without `make`, what comes along: a bundled photograph and no controls.
    """
    if isinstance(view, BesideView):
        number, _, own = chosen.partition("/")
        each = zip(view.networks, opened_beside(view.networks, view.level, view.toggled), strict=True)
        asked = [(spec, opened, own if number == str(i) else "") for i, (spec, opened) in enumerate(each)]
        asked = asked if view.pictures else []
    else:
        asked = [(view.network, view.opened, chosen)] if view.overlay == PHOTOGRAPH and view.opened else []
    make = make or (_bundled() if asked else None)
    return [make(network=spec, shown=looked_at(spec, opened), chosen=own) for spec, opened, own in asked if make]


def _bundled() -> Callable[..., Look]:
    from app.views import photograph  # noqa: PLC0415

    return photograph.bundled()


@contextmanager
def expected(looks: Sequence[Look]) -> Iterator[dict[str, Any]]:
    """What the canvas is given, and waits for until the block ends: one network's, or several with their numbers."""
    prefixes = [f"{i}/" if len(looks) > 1 else "" for i in range(len(looks))]
    with ExitStack() as stack:
        for look in looks:
            stack.enter_context(look.expected())
        pairs = list(zip(prefixes, looks, strict=True))
        seen = (look.seen(prefix) for prefix, look in pairs)
        yield {
            "maps": {prefix: look.address for prefix, look in pairs},
            "seen": next(filter(None, seen), None),
        }
