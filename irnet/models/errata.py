"""Where the paper (arXiv 1602.07261v2), or one before it, disagrees with arithmetic, itself or the released code.

They stand in `errata.toml`, each with what released code does there and whose diagram shows the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from irnet.data_files import entry, read_data
from irnet.spec import Basis, Erratum


@dataclass(frozen=True, slots=True)
class Evidence:
    """The releases' way out of an erratum, and where to look; no preset where no network is concerned."""

    released: str = "Concerns the text alone: no code follows from it."
    preset: str = ""
    stage: str = ""  # whose block is drawn; "" is the whole network
    box: str = ""  # path of the box to look at
    basis: Basis = "read"  # how it is known: in the files and versions of `irnet.provenance.names`, or those named here


_SAID = read_data("models/errata.toml")
EVIDENCE: Mapping[str, Evidence] = {id_: entry(Evidence, said.pop("evidence", {})) for id_, said in _SAID.items()}
ERRATA: Mapping[str, Erratum] = {id_: entry(Erratum, {"id": id_} | said) for id_, said in _SAID.items()}


def errata(*ids: str) -> tuple[Erratum, ...]:
    """The errata with these ids.

    Raises
    ------
    ValueError
        Naming the unknown id and the known ones.

    Examples
    --------
    >>> [erratum.where for erratum in errata("E4", "E5")]
    ['Fig. 17', 'Fig. 19']
    """
    for id_ in ids:
        if id_ not in ERRATA:
            raise ValueError(f"no erratum is called {id_!r}; they are {', '.join(ERRATA)}")
    return tuple(ERRATA[id_] for id_ in ids)
