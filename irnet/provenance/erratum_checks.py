"""The errata held against arithmetic: every line is computed from rows when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from irnet.models.errata import errata
from irnet.provenance import erratum_arithmetic as steps
from irnet.provenance.arithmetic import Step
from irnet.provenance.evidence import EVIDENCE
from irnet.provenance.names import IMPLEMENTATIONS
from irnet.provenance.papers import additions
from irnet.spec import architecture_of

_STEPS: Mapping[str, Callable[[], tuple[Step, ...]]] = {
    "E1": steps.e1,
    "E2": steps.e2,
    "E3": steps.equal_counts,
    "E4": steps.e4,
    "E5": steps.e5,
    "E6": steps.e6,
    "E7": steps.e7,
    "E8": steps.e8,
    "E9": steps.e9,
    "E10": steps.e10,
    "E11": steps.e11,
    "E12": steps.e12,
    "E13": steps.e13,
    "E14": steps.e14,
    "E15": steps.e15,
    "E16": steps.e16,
    "E18": steps.e18,
}


def refutation(id_: str) -> tuple[Step, ...]:
    """The calculation that speaks to an erratum; empty where the words alone do (E17).

    Raises
    ------
    ValueError
        Naming the unknown id and the known ones.

    Examples
    --------
    >>> [(step.expression, step.result) for step in refutation("E4")][0]
    ('384 + 384 + 384', '1152')
    """
    errata(id_)
    return _STEPS[id_]() if id_ in _STEPS else ()


def readings(steps: Sequence[Step]) -> dict[str, tuple[Step, ...]]:
    """Steps by the way to read the print to which they belong, in their order; one without a name where there is one.

    Examples
    --------
    >>> list(readings(refutation("E9"))), list(readings(refutation("E1")))
    (['All convolutions', 'The longest chain', 'The work'], [''])
    """
    return {
        name: tuple(step for step in steps if step.reading == name) for name in dict.fromkeys(s.reading for s in steps)
    }


def files_read(id_: str) -> tuple[str, ...]:
    """Files and versions of the releases whose way out of an erratum is told; none where no network is concerned.

    Examples
    --------
    >>> files_read("E14")[1], files_read("E17")
    ('timm: timm/models/inception_v4.py, timm 1.0.31', ())
    """
    architecture = architecture_of(EVIDENCE[id_].preset)
    return tuple(f"{one.name}: {one.file}, {one.version}" for one in IMPLEMENTATIONS.get(architecture, ()))


def erratum_record(id_: str) -> dict[str, object]:
    """The calculation, what releases do and where the place is drawn, as plain values.

    Raises
    ------
    ValueError
        Naming the unknown id and the known ones.

    Examples
    --------
    >>> erratum_record("E17")["arithmetic"], erratum_record("E4")["drawn"]["box"]
    ([], 'block_b.0.project')
    """
    steps, evidence = refutation(id_), EVIDENCE[id_]
    drawn = {"preset": evidence.preset, "stage": evidence.stage, "box": evidence.box} if evidence.preset else None
    return {
        "arithmetic": [asdict(step) for step in steps],
        "released": evidence.released,
        "released basis": evidence.basis,
        "read in": list(files_read(id_)),
        "other version": list(additions(id_)),
        "drawn": drawn,
    }
