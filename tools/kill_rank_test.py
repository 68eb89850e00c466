"""Kill a random process of a run under torchrun again and again; compare its end with a run that nobody disturbed.

    python tools/kill_rank_test.py [--kills 50] [--processes 2] [--seed 0]

torchrun starts all processes anew after each kill, and they go on from the last checkpoint. A kill comes at a random
moment after a checkpoint was written, a fifth of them while the processes start. At the end every tensor of the
checkpoint and every row of the record must be the same bit for bit. Linux only: children are looked up in /proc.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.kill_test import differences

from d2lab.train.record import find_records

SETTINGS = ["hidden=32", "dropout=0.3", "momentum=0.9", "examples=500", "epochs=20", "checkpoint_every_s=0"]
LIMIT_S = 120  # for the next checkpoint: starting anew takes a minute where much else runs


def start(root: Path, processes: int) -> subprocess.Popen[bytes]:
    """Start a run in several processes by torchrun."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command += ["--max-restarts=1000", "--monitor-interval=0.1", "-m", "d2lab", "train", "mlp", "--device=cpu", "-q"]
    command += [part for setting in SETTINGS for part in ("--set", setting)]
    environment = {**os.environ, "D2LAB_RUNS": str(root), "OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def workers(agent: int) -> list[int]:
    """Return the processes that torchrun has started."""
    try:
        return [int(child) for child in Path(f"/proc/{agent}/task/{agent}/children").read_text().split()]
    except OSError:
        return []


def written(root: Path) -> float:
    """Return when the last checkpoint was written; 0 where there is none."""
    with contextlib.suppress(OSError):
        return max(((r.checkpoint / "state.json").stat().st_mtime for r in find_records(root)), default=0.0)
    return 0.0


def run_and_kill(root: Path, processes: int, kills: int, rng: random.Random) -> int:
    """Train, kill up to so many times, wait for the end; return how many kills came before it."""
    done, agent = 0, start(root, processes)
    try:
        while agent.poll() is None and done < kills:
            _await_checkpoint(agent, root, done)
            time.sleep(rng.uniform(0, 0.3))
            done += _kill_one(agent, rng)
            if done < kills and rng.random() < 0.25:  # and again, while they start
                time.sleep(rng.uniform(0, 4))
                done += _kill_one(agent, rng)
        agent.wait()
    finally:  # an agent that is left behind would start processes anew for ever
        agent.terminate()
        agent.wait()
    if agent.returncode:
        raise SystemExit(f"torchrun ended with exit code {agent.returncode}; the record is in {root}")
    return done


def _await_checkpoint(agent: subprocess.Popen[bytes], root: Path, done: int) -> None:
    """Wait for a checkpoint that is newer than what is there, or for the end of the run."""
    before, end = written(root), time.monotonic() + LIMIT_S
    while written(root) == before and agent.poll() is None:
        if time.monotonic() > end:
            raise SystemExit(f"no checkpoint within {LIMIT_S} s after kill {done}; the record is in {root}")
        time.sleep(0.01)


def _kill_one(agent: subprocess.Popen[bytes], rng: random.Random) -> bool:
    """Kill a process; say whether there was one."""
    found = workers(agent.pid) if agent.poll() is None else []
    if not found:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(rng.choice(found), signal.SIGKILL)
        return True
    return False


def main() -> int:
    """Run the test and print what happened; 0 when every run ended as the undisturbed one did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begin, rng = time.monotonic(), random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        run_and_kill(Path(folder) / "unbroken", options.processes, 0, rng)
        kills, runs, wrong = 0, 0, []
        while kills < options.kills:
            runs += 1
            root = Path(folder) / f"run{runs}"
            kills += run_and_kill(root, options.processes, options.kills - kills, rng)
            wrong += [f"run {runs}: {name}" for name in differences(root, Path(folder) / "unbroken")]
            lost = len(find_records(root)) - 1
            wrong += [f"run {runs}: {lost} records too many"] if lost else []
            print(f"{kills} kills in {runs} runs, {time.monotonic() - begin:.0f} s", flush=True)
    sys.stdout.write(f"{kills} kills of one of {options.processes} processes in {runs} runs: ")
    sys.stdout.write("every bit as in the undisturbed run\n" if not wrong else "DIFFERENT: " + "; ".join(wrong) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
