"""Kill a training run again and again, let it go on each time, and compare its end with a run that nobody disturbed.

    python tools/kill_test.py [--kills 30] [--seed 0] [--armed 0]

Half of the kills come at a random moment; the other half at a chosen point inside the writing of a checkpoint:
a half-written tensors file, before and after a rename, before an old file is deleted, a half-written line of
metrics. The child kills itself there by SIGKILL, so no cleanup of any kind runs. With `--armed N` there are N kills
more, each just before one of the file operations of a run (open to write, fsync, rename, mkdir, unlink, truncate),
spread evenly from its first to its last: afterwards there is no run, or one that resumes. At the end every tensor of
the checkpoint (weights, optimizer, generators) and every row of the record must be the same bit for bit.
"""

import argparse
import io
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from d2lab.core import atomic
from d2lab.data import catalog
from d2lab.experiments import resume, train
from d2lab.train import checkpoint, loop
from d2lab.train.record import RunRecord, find_records

CHANGES: dict[str, object] = {
    "hidden": (32,),
    "dropout": 0.3,
    "momentum": 0.9,
    "examples": 500,  # 16 steps an epoch, the last one ragged
    "epochs": 5,
    "checkpoint_every_s": 0,
}
POINTS = ("half tensors", "before rename", "after rename", "before delete", "half metrics")
OPERATIONS = ("open", "fsync", "replace", "rename", "mkdir", "unlink", "rmdir", "truncate", "ftruncate")
OPEN = io.open
WRITES = 80  # a run writes about this many checkpoints; a point inside one of them is chosen
FORK = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"


def die() -> None:
    """End this process at once, as a power cut would."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def arm(point: str, countdown: int) -> None:
    """Make this process die at the countdown-th passage of a point inside the writing of a checkpoint."""
    left = [countdown]

    def passes() -> bool:
        left[0] -= 1
        return left[0] == 0

    def around(before: str, after: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:  # noqa: ANN401
            if point == before and passes():
                die()
            result = call(*given, **named)
            if point == after and passes():
                die()
            return result

        return wrapped

    def write_half(path: Path, content: bytes, *rest: Any) -> None:  # noqa: ANN401
        if point == "half tensors" and passes():
            with atomic.atomic_file(path) as f:
                f.write(content[: len(content) // 2])
                f.flush()
                die()
        atomic.write_bytes(path, content, *rest)

    def append_half(record: RunRecord, rows: list[Any]) -> int:
        if point == "half metrics" and passes():
            with (record.folder / "metrics.jsonl").open("ab") as f:
                f.write(b'{"step": 1, "lo')
                f.flush()
                die()
        return append(record, rows)

    append = RunRecord.append
    checkpoint.write_bytes = write_half  # type: ignore[attr-defined]
    RunRecord.append = append_half  # type: ignore[method-assign]
    Path.replace = around("before rename", "after rename", Path.replace)  # type: ignore[method-assign]
    Path.unlink = around("before delete", "", Path.unlink)  # type: ignore[method-assign]


def arm_operations(root: Path, countdown: int, seen: Any) -> None:  # noqa: ANN401
    """Make this process die before its countdown-th file operation under a folder; 0 only counts them.

    Args:
        root: folder of the runs; operations elsewhere are not the record's.
        countdown: number of the operation, from 1.
        seen: shared numbers: of operations, and of the first one before which a run was there.
    """

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:  # noqa: ANN401
            target = given[0] if given else ""
            mode = given[1] if len(given) > 1 else named.get("mode", "r")
            reads = call is OPEN and not set(str(mode)) & set("wxa+")
            if not reads and (isinstance(target, int) or str(target).startswith(str(root))):
                seen[0] += 1
                if not countdown and not seen[1] and find_records(root):
                    seen[1] = seen[0]
                if seen[0] == countdown:
                    die()
            return call(*given, **named)

        return wrapped

    for name in OPERATIONS:
        setattr(os, name, watched(getattr(os, name)))
    io.open = watched(OPEN)  # what pathlib calls


def child(root: Path, ready: Any, point: str, countdown: int, seen: Any = None) -> None:  # noqa: ANN401
    """Train, or resume, with a checkpoint after every step."""
    loop.READ_EVERY_S = -1.0
    if seen is not None:
        arm_operations(root, countdown, seen)
    elif point:
        arm(point, countdown)
    runs = [record.folder for record in find_records(root)]
    ready.set()
    if runs:
        resume(runs[0])
    else:
        train("mlp", changes=CHANGES, device="cpu", root=root)


def run_once(root: Path, delay: float | None, point: str, countdown: int) -> tuple[bool, float]:
    """Start a child and perhaps kill it; tell whether it came to its own end, and after how many seconds."""
    context = multiprocessing.get_context(FORK)
    ready = context.Event()
    process = context.Process(target=child, args=(root, ready, point, countdown))
    process.start()
    ready.wait(120)
    start = time.monotonic()
    process.join(delay)
    if process.is_alive():
        process.kill()
        process.join()
    if process.exitcode not in (0, -9) and not (point and process.exitcode):
        raise SystemExit(f"a child failed with exit code {process.exitcode}; its record is in {root}")
    return process.exitcode == 0, time.monotonic() - start


def armed_kills(folder: Path, unbroken: Path, kills: int) -> tuple[str, list[str]]:
    """Kill a run before one of its file operations, let it go on, and compare; spread over all operations.

    Returns:
        What was done, in a line, and what is wrong.
    """
    context = multiprocessing.get_context(FORK)

    def once(root: Path, countdown: int) -> tuple[int | None, list[int]]:
        ready, seen = context.Event(), context.Array("i", 2, lock=False)
        process = context.Process(target=child, args=(root, ready, "", countdown, seen))
        process.start()
        process.join()
        return process.exitcode, list(seen)

    code, (operations, first) = once(folder / "counted", 0)
    if code != 0 or not first:
        raise SystemExit(f"the counted run failed with exit code {code}")
    done, lost, unfinished, told = 0, 0, 0, ""
    wrong = differences(folder / "counted", unbroken)
    for number in range(kills):
        countdown = 1 + number * (operations - 1) // max(kills - 1, 1)
        root = folder / f"armed{number}"
        done += once(root, countdown)[0] == -signal.SIGKILL
        if countdown >= first and not find_records(root):
            lost += 1
            wrong.append(f"operation {countdown}: the run is lost")
        if once(root, 0)[0] != 0:  # a run that is there is resumed; none is trained anew
            unfinished += 1
            wrong.append(f"operation {countdown}: the run cannot be resumed")
        else:
            wrong += [f"operation {countdown}: {name}" for name in differences(root, unbroken)]
        shutil.rmtree(root)
        told = f"{done} kills before one of {operations} file operations: "
        told += f"{lost} lost, {unfinished} not resumable, {len(wrong) - lost - unfinished} differences"
        if (number + 1) % 20 == 0:
            print(told, flush=True)
    return told, wrong


def outcome(root: Path) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]]]:
    """Return the final tensors, and the rows without what a clock decides."""
    (record,) = find_records(root)
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in record.rows()]
    leftovers = [path.name for path in record.checkpoint.iterdir()]
    if len(leftovers) != 2:
        raise SystemExit(f"files were left behind: {sorted(leftovers)}")
    return checkpoint.load_checkpoint(record.checkpoint).tensors, rows


def differences(root: Path, unbroken: Path) -> list[str]:
    """Name every tensor and every kind of row that is not the same bit for bit."""
    (mine, my_rows), (theirs, their_rows) = outcome(root), outcome(unbroken)
    names = sorted(mine.keys() | theirs.keys())
    wrong = [n for n in names if n not in mine or n not in theirs or not torch.equal(mine[n], theirs[n])]
    return wrong + (["rows of the record"] if my_rows != their_rows else [])


def warm_up() -> None:
    """Import here what a run imports late, so that forked children need not; draws and computes nothing."""
    torch.optim.SGD([torch.zeros(1)], lr=0.1)
    catalog.load("digits")


def main() -> int:
    """Run the test and print what happened; 0 when every run ended as the undisturbed one did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--armed", type=int, default=0)
    options = parser.parse_args()
    begin = time.monotonic()
    torch.set_num_threads(1)  # a forked child of a process with idle workers would wait for them
    warm_up()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        unbroken = Path(folder) / "unbroken"
        finished, seconds = run_once(unbroken, None, "", 0)
        if not finished:
            raise SystemExit("the undisturbed run did not finish")
        kills, runs, wrong = 0, 0, []
        by_point = dict.fromkeys(("random moment", *POINTS), 0)
        while kills < options.kills:
            runs += 1
            root = Path(folder) / f"run{runs}"
            done = False
            while not done:
                inside = kills % 2 == 1
                point = rng.choice(POINTS) if inside and kills < options.kills else ""
                delay = rng.uniform(0, seconds / 2) if not inside and kills < options.kills else None
                done, _ = run_once(root, delay, point, rng.randint(1, WRITES // 4))
                if not done:
                    kills += 1
                    by_point[point or "random moment"] += 1
            wrong += [f"run {runs}: {name}" for name in differences(root, unbroken)]
        if options.armed:
            told, different = armed_kills(Path(folder), unbroken, options.armed)
            sys.stdout.write(f"{told}; {time.monotonic() - begin:.0f} s\n")
            wrong += different
    points = ", ".join(f"{count} at {name}" for name, count in by_point.items())
    sys.stdout.write(f"{kills} kills ({points}) in {runs} runs: ")
    sys.stdout.write("every bit as in the undisturbed run\n" if not wrong else "DIFFERENT: " + "; ".join(wrong) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
