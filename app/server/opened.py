"""Networks that readers have opened, by names that nobody can guess: what drawings by address are made from."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from hashlib import sha256

from irnet.edit import network_of_label
from irnet.opening.check import Report
from irnet.spec import Network, Origin

MOST = 64  # of all sessions together; the oldest go
_OPENED: deque[tuple[Network, Report]] = deque(maxlen=MOST)


def keep(network: Network, report: Report, secret: str) -> str:
    """Keep an opened network under a name of its own, which is the same for the same network and secret."""
    digest = sha256(f"{secret} {network.key} {report.source}".encode()).hexdigest()[:16]
    origin = replace(network.origin or Origin(report.source), digest=digest)
    kept = replace(network, origin=origin)
    if find(label_of(kept)) is None:
        _OPENED.append((kept, report))
    return label_of(kept)


def label_of(network: Network) -> str:
    """What `network_named` finds a network by: its label, or the name and the digest of one that was opened."""
    return f"{network.name}:{network.origin.digest}" if network.origin else network.label


def find(name: str) -> tuple[Network, Report] | None:
    """The network with this name and what was found of it; None where it is not there, or no longer."""
    return next((kept for kept in _OPENED if label_of(kept[0]) == name), None)


def network_named(label: str) -> Network:
    """The network that a label names: of a preset, with its edits, or one that was opened.

    Raises
    ------
    ValueError
        For a name that is not there, or a value outside its limits.
    """
    if ":" not in label:
        return network_of_label(label)
    kept = find(label.strip())
    if kept is None:
        raise ValueError("this network is not open on the server any more: open its file again")
    return kept[0]
