"""Where a page has nothing to show, it says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import roots, text
from tests.apps import STRUCTURAL, opened, sized

V1, V4 = "inception_resnet_v1.paper", "inception_v4.paper"
EMPTY: dict[str, tuple[str, dict[str, object], str]] = {
    "no box is chosen": ("network", {}, text.EMPTY_BOX),
    "no box is found": ("network", {"find": "9x9"}, text.NO_BOX),
    "no place is chosen": ("compare", {}, text.EMPTY_PLACE),
    "nothing differs": ("compare", {"with": V1, "compare": "What differs"}, text.NOTHING_DIFFERS),
    "no figure is found": ("figures", {"figure.find": "figure 99"}, text.NO_FIGURE),
    "no module is found": ("cost", {"find": "nothing"}, text.NO_MODULE),
    "no weights, no classes": ("activations", {"plot": "Classes"}, text.NO_CLASSES),
    "no checkpoint is offered": ("activations", {"weights": True}, text.NO_FOLDER.format(roots.WEIGHTS)),
    "no sum in this network": ("activations", {"plot": "Batch norm on the sums", "preset": V4}, text.NO_SUMS),
    "no scale in this network": ("activations", {"plot": "Five scales", "preset": V4}, text.NO_SUMS),
    "no residual block": ("block", {"preset": V4}, text.NO_BLOCK),
    "no race": ("race", {}, text.RACE_EMPTY),
    "no race in the list": ("race", {}, text.NO_RUN_YET),
    "no map": ("death", {}, text.MAP_FINISHED),
    "no map in the list": ("death", {}, text.NO_RUN_YET),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_page_says_what_to_do(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(roots.RUNS, str(tmp_path))
    monkeypatch.delenv(roots.WEIGHTS, raising=False)
    page, address, told = EMPTY[name]
    small = {} if page in STRUCTURAL else sized(V1) | sized(V4)
    asked = small | address
    app = opened(page, str(asked.pop("preset", V1)), **asked)
    assert not app.exception
    assert told in [one.value for one in (*app.caption, *app.info)]
