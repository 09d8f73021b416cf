"""A reader of the app sees into the folders that the server's owner named, and never out of them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app import run_folder, runs, training, weights
from app.server import roots
from irnet.training import queue
from irnet.training.settings import Data, Sweep
from tests.training.small import made, sweep

VARIABLES = (roots.WEIGHTS, roots.IMAGES)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a file, a folder and links, beside a secret."""
    home, secret = tmp_path / "home", tmp_path / "secret"
    (home / "pets" / "cat").mkdir(parents=True)
    (secret / "inner").mkdir(parents=True)
    (secret / "key.pt").write_text("secret")
    (home / "v1.pt").write_text("weights")
    (home / "alias.pt").symlink_to("v1.pt")
    (home / "out.pt").symlink_to(secret / "key.pt")
    (home / "relative.pt").symlink_to("../secret/key.pt")
    (home / "away").symlink_to(secret)
    (home / "ring").symlink_to("ring")
    (home / "self").symlink_to(".")
    return home


BAD = ["", ".", "..", "../secret/key.pt", "pets/../../secret/key.pt", "pets/cat", "away/key.pt", "out.pt"]
BAD += ["relative.pt", "away", "ring", "self", "absent.pt", "v1.pt/", "v1.pt\0", "a" * 5000, "/etc/passwd", "~"]


def test_a_name_that_leads_out_is_refused_and_what_lies_in_the_folder_is_found(home: Path) -> None:
    for name in (*BAD, str(home / "v1.pt")):
        with pytest.raises(ValueError, match="is not in the server's folder"):
            roots.inside(home, name)
    assert roots.entries(home) == {"alias.pt": home / "v1.pt", "pets": home / "pets", "v1.pt": home / "v1.pt"}


def test_a_folder_named_through_a_link_is_its_own_limit(home: Path, tmp_path: Path) -> None:
    (tmp_path / "named").symlink_to(home)
    assert roots.inside(tmp_path / "named", "v1.pt") == home / "v1.pt"


def test_nothing_of_the_server_is_offered_unless_a_folder_is_named(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.chdir(home)
    for value in (None, "", "/nowhere/at/all"):
        for variable in VARIABLES:
            monkeypatch.delenv(variable, raising=False)
            if value is not None:
                monkeypatch.setenv(variable, value)
        assert weights.on_server() == {}
        assert training.images() == {}


def test_checkpoints_and_image_folders_stay_in_their_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, os.fspath(home))
    assert set(weights.on_server()) == {"v1.pt", "alias.pt"}
    assert training.images() == {"pets": home / "pets"}


def test_a_link_deep_in_a_folder_may_stay_but_not_lead_out(home: Path) -> None:
    (home / "pets" / "cat" / "a.png").symlink_to("../../v1.pt")
    roots.check_no_way_out(home, home / "pets")
    (home / "pets" / "cat" / "b.png").symlink_to("../../../secret/key.pt")
    with pytest.raises(ValueError, match=r"cat/b\.png in 'pets' is a link out of"):
        roots.check_no_way_out(home, home / "pets")


@pytest.fixture
def special(home: Path) -> Path:
    """The folder with a pipe and devices in it, called as checkpoints are."""
    os.mkfifo(home / "pipe.pt")
    (home / "null.pt").symlink_to("/dev/null")
    with suppress(OSError):  # only the superuser makes devices
        os.mknod(home / "zero.pt", 0o644 | stat.S_IFCHR, os.makedev(1, 5))
    return home


def test_pipes_and_devices_are_no_checkpoints_and_nobody_waits_for_them(
    special: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(roots.WEIGHTS, os.fspath(special))
    assert set(weights.on_server()) == {"v1.pt", "alias.pt"}
    for name in ("pipe.pt", "null.pt", "zero.pt", "pets"):
        with pytest.raises(ValueError, match=r"server's folder"), roots.open_below(special, name):
            raise AssertionError("it was opened")


def test_a_pipe_among_the_pictures_is_refused_before_anybody_reads_it(special: Path) -> None:
    (special / "pets" / "cat" / "a.png").touch()
    os.mkfifo(special / "pets" / "cat" / "b.png")
    with pytest.raises(ValueError, match=r"cat/b\.png in 'pets' is neither a file nor a folder"):
        roots.check_no_way_out(special, special / "pets")


def test_a_file_goes_by_its_name_and_is_read_whole(home: Path) -> None:
    for name in ("v1.pt", "alias.pt"):
        with roots.open_below(home, name) as file:
            assert (file.name, file.is_file(), file.read_text()) == (name, True, "weights")


@pytest.mark.parametrize("part", ["v1.pt", "pets"])
def test_a_link_that_is_put_there_after_the_check_is_not_followed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Of the file itself, and of a folder on the way to it."""
    (home / "pets" / "cat" / "key.pt").write_text("mine")
    (home / "deep.pt").symlink_to("pets/cat/key.pt")
    (tmp_path / "secret" / "cat").mkdir()
    (tmp_path / "secret" / "cat" / "key.pt").write_text("secret")
    checked = roots.inside

    def then_swapped(folder: Path, name: str) -> Path:
        found = checked(folder, name)
        (home / part).rename(tmp_path / "away")
        (home / part).symlink_to(tmp_path / "secret" / ("key.pt" if part == "v1.pt" else ""))
        return found

    monkeypatch.setattr(roots, "inside", then_swapped)
    name = "v1.pt" if part == "v1.pt" else "deep.pt"
    with pytest.raises(ValueError, match=r"can't be read in the server's folder"), roots.open_below(home, name):
        raise AssertionError("it was opened")


def test_a_file_that_is_replaced_while_it_is_read_stays_the_one_that_was_opened(home: Path, tmp_path: Path) -> None:
    with roots.open_below(home, "v1.pt") as file:
        (home / "v1.pt").unlink()
        (home / "v1.pt").symlink_to(tmp_path / "secret" / "key.pt")
        assert file.read_text() == "weights"


def _on_pictures(folder: Path) -> Sweep:
    toy = sweep()
    return replace(toy, base=replace(toy.base, data=Data(kind="folder", folder=str(folder), size=75)))


@pytest.fixture
def begun(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Directories that would have been trained; nothing is. Pictures may be read from `home`."""
    found: list[Path] = []
    monkeypatch.setattr(queue, "begin", lambda place, *_, **__: found.append(place))
    monkeypatch.setenv(roots.IMAGES, os.fspath(home))
    monkeypatch.setenv(roots.RUNS, os.fspath(tmp_path / "runs"))
    return found


def test_a_run_on_pictures_begins_in_the_named_folder_and_nowhere_else(
    begun: list[Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where in ("../secret", "pets/../../secret", "away", ".", "pets/cat/../.."):
        with pytest.raises(ValueError, match="pictures"):
            runs.begin(_on_pictures(home / where), keep=True)
    assert begun == []
    assert not run_folder.folder().exists()
    runs.begin(_on_pictures(home / "pets"), keep=True)
    assert len(begun) == 1
    monkeypatch.delenv(roots.IMAGES)
    with pytest.raises(ValueError, match="pictures"):
        runs.begin(_on_pictures(home / "pets"), keep=True)


def test_a_run_that_somebody_left_does_not_go_on_with_pictures_elsewhere(begun: list[Path], home: Path) -> None:
    made(run_folder.folder() / "race-1", _on_pictures(home / ".." / "secret"))
    with pytest.raises(ValueError, match="pictures"):
        runs.go_on("race-1", keep=True)
    assert begun == []


@pytest.mark.usefixtures("begun")
def test_a_run_with_a_link_out_of_the_servers_folder_is_not_read(home: Path) -> None:
    place = made(run_folder.folder() / "race-1", sweep())
    (place / "log").symlink_to(home / "v1.pt")
    with pytest.raises(ValueError, match="no run of this server"):
        run_folder.inside("race-1")


def test_a_server_open_to_a_network_keeps_runs_only_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(roots.RUNS, raising=False)
    monkeypatch.setattr("streamlit.get_option", {"server.address": "0.0.0.0"}.__getitem__)
    assert runs.names("race") == []
    with pytest.raises(ValueError, match="IRNET_RUNS"):
        runs.begin(sweep(), keep=True)
