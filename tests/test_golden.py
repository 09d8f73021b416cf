"""Stored texts: pictures as DOT and a comparison, reviewed as a diff whenever they change."""

from __future__ import annotations

import json

import pytest

from irnet.analysis.compare import compare
from irnet.analysis.tables import summary
from irnet.diagrams import source
from irnet.models import network
from tests.conftest import Golden

PICTURES = [
    ("inception_v4.paper", ""),
    ("inception_v4.paper", "stem"),
    ("inception_v4.paper", "inception_c"),
    ("inception_resnet_v2.paper", "block_b"),
    ("inception_resnet_v1.facenet", "block8"),
]


@pytest.mark.parametrize(("name", "stage"), PICTURES)
def test_a_picture_is_the_stored_one(name: str, stage: str, golden: Golden) -> None:
    golden(f"{name}.{stage or 'overview'}.dot", source(network(name), stage))


def test_the_changes_from_the_drawn_v2_to_the_released_are_the_stored_ones(golden: Golden) -> None:
    found = compare(network("inception_resnet_v2.paper"), network("inception_resnet_v2.tf_slim"))
    text = "".join(f"{change.where}\n  - {change.left}\n  + {change.right}\n" for change in found.changes)
    golden("inception_resnet_v2.changes.txt", text)


def test_a_summary_is_the_stored_one(golden: Golden) -> None:
    golden(
        "inception_resnet_v2.tf_slim.summary.json",
        json.dumps(summary(network("inception_resnet_v2.tf_slim")), indent=1) + "\n",
    )
