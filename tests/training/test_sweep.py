"""Whatever kills a sweep, it goes on where it was and ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from irnet.training.backends import Backend
from irnet.training.cost import progress, training_macs
from irnet.training.directory import ask, create, end_of, is_locked, lines, lock_directory, run_file, settings
from irnet.training.results import Follower, histories
from irnet.training.settings import Sweep
from irnet.training.sweep import resume, start, work
from tests.training.small import TINY, curves, history, made, sweep, trained_here

ROOT = Path(__file__).parents[2]
LONG = sweep(replace(TINY, steps=24, evaluate_every=8))
ONE = Backend(workers=1)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of `LONG`, run without a fault."""
    return trained_here(tmp_path_factory.mktemp("undisturbed") / "sweep", LONG)


def running(directory: Path, *before: str) -> subprocess.Popen[str]:
    """`irnet resume` in a process of its own, one run at a time; `before` is a command that starts it."""
    command = [*before, sys.executable, "-m", "irnet", "resume", str(directory), "--workers", "1"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_for(what: Callable[[], bool], seconds: float = 180) -> None:  # a busy machine trains slowly
    until = monotonic() + seconds
    while not what():
        assert monotonic() < until, "waited in vain"
        sleep(0.01)


def steps(directory: Path, number: int) -> int:
    return max(0, len(lines(run_file(directory, number))) - 1)


def children(pid: int) -> list[int]:
    """The worker processes of a process."""
    listed = subprocess.run(["ps", "-eww", "-o", "ppid,pid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()[1:]]
    return [int(row[1]) for row in rows if int(row[0]) == pid and "LokyProcess" in row[2]]


def test_a_killed_parent_leaves_a_sweep_that_ends_as_if_nothing_had_been(undisturbed: Path, tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", LONG)
    process = running(directory)
    wait_for(lambda: end_of(run_file(directory, 0)) is not None and steps(directory, 1) > 5)
    orphans = children(process.pid)
    assert orphans
    with process:
        process.kill()
    finished = run_file(directory, 0).stat()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans), 20)
    assert steps(directory, 1) < 24
    resume(directory, ONE)
    assert curves(directory) == curves(undisturbed)
    assert run_file(directory, 0).stat() == finished  # never computed twice


def test_a_killed_worker_ends_in_a_sentence_and_the_sweep_goes_on(undisturbed: Path, tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", LONG)
    process = running(directory)
    wait_for(lambda: steps(directory, 0) > 5)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert (
        f"a worker process was killed, by hand or because memory ran out; 2 runs are left: irnet resume {directory}"
        in said
    )
    resume(directory, ONE)
    assert curves(directory) == curves(undisturbed)


def test_a_stop_takes_less_than_two_seconds_and_loses_nothing(undisturbed: Path, tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", LONG)
    process = running(directory)
    wait_for(lambda: steps(directory, 0) > 5)
    asked = monotonic()
    process.send_signal(signal.SIGINT)
    wait_for(lambda: not is_locked(directory / "lock"))
    assert monotonic() - asked < 2
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.strip().endswith(f"irnet: stopped; it goes on with: irnet resume {directory}")
    assert progress(directory, histories(directory)).state == "stopped"
    resume(directory, ONE)
    assert curves(directory) == curves(undisturbed)


@contextmanager
def small_disk(mount: Path) -> Iterator[tuple[tuple[str, ...], Callable[[], object]]]:
    """A disk with hardly room for a checkpoint, and a way to make room.

    Where nothing may be mounted, processes that start with the command given may not write files of that size.
    """
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield ("bash", "-c", 'ulimit -f 400; exec "$@"', "bash"), lambda: None
        return
    try:
        yield (), lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(mount)], check=True)
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_ends_in_a_sentence_and_loses_no_finished_run(undisturbed: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as (limited, make_room):
        directory = made(tmp_path / "disk" / "sweep", LONG)
        shutil.copy(run_file(undisturbed, 0), run_file(directory, 0))
        finished = run_file(directory, 0).read_bytes()
        process = running(directory, *limited)
        _, said = process.communicate(timeout=180)
        assert process.returncode == 2
        assert f"no space is left for {directory}: the sweep stopped and every finished run is kept" in said
        assert run_file(directory, 0).read_bytes() == finished
        make_room()
        resume(directory, ONE)
        assert curves(directory) == curves(undisturbed)


def test_a_line_that_was_cut_off_is_computed_again(undisturbed: Path, tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", LONG)
    for number in (0, 1):
        whole = run_file(undisturbed, number).read_bytes()
        run_file(directory, number).write_bytes(whole[: len(whole) // 2])
    resume(directory, ONE)
    assert curves(directory) == curves(undisturbed)


def test_two_workers_give_what_one_gives(tmp_path: Path) -> None:
    small = sweep()
    start(tmp_path / "two", small, Backend(workers=2))
    assert curves(tmp_path / "two") == curves(trained_here(tmp_path / "one", small))


def test_two_sweeps_in_one_directory_refuse_and_a_worker_of_an_earlier_start_writes_nothing(tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", sweep())
    with lock_directory(directory), pytest.raises(ValueError, match=f"is being run by process {os.getpid()} on "):
        resume(directory, ONE)
    with lock_directory(directory):
        assert work(str(directory), 0, "another token").how == "stopped"
    assert not run_file(directory, 0).exists()


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    code = "from pathlib import Path; from irnet.training.directory import lock_directory; import os\n"
    code += f"with lock_directory(Path({str(tmp_path)!r})): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 9
    assert (tmp_path / "lock").exists()
    with lock_directory(tmp_path) as owner:
        assert owner.pid == os.getpid()


def test_a_paused_run_waits_and_goes_on(tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", sweep(replace(TINY, steps=30, evaluate_every=0), checkpoint_seconds=60))
    with lock_directory(directory) as owner:
        thread = Thread(target=work, args=(str(directory), 0, owner.token))
        thread.start()
        wait_for(lambda: steps(directory, 0) > 2)
        ask(directory, "pause")
        sleep(0.5)
        before = steps(directory, 0)
        assert progress(directory, histories(directory)).state == "paused"
        sleep(0.5)
        assert steps(directory, 0) == before < 30
        ask(directory, "run")
        thread.join()
    assert end_of(run_file(directory, 0)) == "finished"


def test_a_diverging_run_is_a_result_and_one_that_cannot_be_done_says_why(tmp_path: Path) -> None:
    base = replace(TINY, optimiser="sgd", rate=1000.0, steps=40, evaluate_every=0)
    found = start(tmp_path / "sweep", replace(sweep(base), axes=(("seed", (0,)),)), ONE)
    (history,) = histories(tmp_path / "sweep")
    assert (found.state, history.ended, history.lines[-1].loss) == ("finished", "diverged", None)
    with pytest.raises(ValueError, match="run 0: device 'cuda:7' is not on this machine"):
        start(tmp_path / "other", sweep(replace(TINY, device="cuda:7")), ONE)


def test_a_follower_reads_what_is_new_and_a_resumed_run_anew(undisturbed: Path, tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", LONG)
    whole = run_file(undisturbed, 0).read_bytes()
    file, follower = run_file(directory, 0), Follower(directory)
    seen = []
    for size in (0, len(whole) // 3, len(whole) // 2, len(whole)):
        file.write_bytes(whole[:size])
        seen.append(len(follower.look()[0].lines))
    assert seen[0] == 0 < seen[1] < seen[2] < seen[3] == 24
    assert follower.look()[0] == histories(undisturbed)[0]


def test_a_directory_with_another_sweep_or_something_else_in_it_is_refused(tmp_path: Path) -> None:
    directory = made(tmp_path / "sweep", sweep())
    with pytest.raises(ValueError, match="holds another sweep; choose another directory, or: irnet resume "):
        create(directory, sweep(seeds=2), {})
    with pytest.raises(ValueError, match="is there already and holds no sweep"):
        create(tmp_path, sweep(), {})


def test_settings_survive_their_file_and_those_of_something_else_get_one_sentence(tmp_path: Path) -> None:
    wanted: Sweep = sweep(replace(TINY, data=replace(TINY.data, noise=0.25)))
    assert settings(made(tmp_path / "sweep", wanted)) == wanted
    (tmp_path / "settings.json").write_text('{"colour": 3}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"settings.json: the settings are not those of a sweep"):
        settings(tmp_path)


def test_progress_counts_every_run_by_its_own_network_before_it_begins(tmp_path: Path) -> None:
    """Width 2 has about four times the work: it is known before that run has said anything."""
    directory = made(tmp_path / "sweep", sweep())
    small, large = history(losses=[1.0] * TINY.steps), history(replace(TINY, width=2 * (TINY.width or 1)))
    waits = replace(large, number=1, ended=None, macs_per_step=0, lines=())
    begun = replace(waits, macs_per_step=12345)
    done = [progress(directory, [small, other]).done for other in (waits, begun)]
    assert done[0] == done[1]
    share = training_macs(small.run) / (training_macs(small.run) + training_macs(large.run))
    assert done[0] == pytest.approx(share)
    assert 0.15 < share < 0.4
