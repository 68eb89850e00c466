"""A function called in several processes of this machine that can talk to each other by `torch.distributed` (gloo).

For experiments that fit into one call: each process joins the group, calls the function and sends back what it returns.
A training run is started by `launch`, or by torchrun, instead.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from d2lab.core.errors import ConfigError
from d2lab.parallel.ranks import LostError

POLL_S = 0.02
FOLLOW_S = 0.3


def in_processes(work: Callable[..., Any], processes: int, *arguments: Any, limit_s: float | int = 120) -> list[Any]:  # noqa: ANN401
    """Call `work(rank, processes, *arguments)` in as many new processes, of one thread each; return what each returns.

    New processes import torch anew, which takes seconds. They import the function by the name of its module, so it
    can't be defined in a notebook or a script: write it to a file and import it from there.

    Args:
        work: a function of an importable module. While it runs, the default group of `torch.distributed` has
            `processes` members and the backend gloo.
        processes: how many, at least 1.
        arguments: further arguments, the same for all: what pickle can carry. What is returned, too; a tensor must be
            a list or an array, for its memory ends with its process.
        limit_s: seconds after which the processes are ended.

    Returns:
        What each process returned, in the order of the ranks.

    Raises:
        ConfigError: no process, a function that others can't import, or a torch without gloo.
        LostError: a process failed, was ended or took too long. All others are ended with it.
    """
    _check(work, processes)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        group, pipes = [], []
        for rank in range(processes):
            ours, theirs = context.Pipe(duplex=False)
            call = (work, rank, processes, arguments, str(Path(folder) / "store"), limit_s)
            group.append(context.Process(target=_be_one, args=(theirs, *call), daemon=True))
            pipes.append(ours)
            group[-1].start()
            theirs.close()  # so that the end of the process is the end of the pipe
        try:
            return _answers(pipes, limit_s)
        finally:
            for process in group:
                process.kill()
                process.join()


def _answers(pipes: "list[Connection[Any, Any]]", limit_s: float | int) -> list[Any]:
    """Read one answer of each process; raise the failure that came first."""
    answers: dict[int, tuple[float, bool, Any]] = {}  # when, whether it failed, what
    end = time.monotonic() + limit_s
    while len(answers) < len(pipes):
        if time.monotonic() > end:
            missing = sorted(set(range(len(pipes))) - set(answers))
            raise LostError(f"processes {missing}", got=f"no answer in {limit_s:g} s", need="an answer")
        answers |= {
            rank: _received(pipe) for rank, pipe in enumerate(pipes) if rank not in answers and pipe.poll(POLL_S)
        }
        if any(failed for _, failed, _ in answers.values()):
            time.sleep(FOLLOW_S)  # failures that follow from the first may have been read before it
            answers |= {rank: _received(pipe) for rank, pipe in enumerate(pipes) if rank not in answers and pipe.poll()}
            _, rank, error = min((when, rank, error) for rank, (when, failed, error) in answers.items() if failed)
            raise LostError(f"process {rank}", got=error, need="an answer")
    return [answers[rank][2] for rank in range(len(pipes))]


def _received(pipe: "Connection[Any, Any]") -> tuple[float, bool, Any]:
    """Return when a process answered or failed, whether it failed, and its answer or error."""
    try:
        when, failed, answer = pipe.recv()
    except EOFError:
        return 0.0, True, "its end before an answer"
    return when, failed, answer


def _be_one(
    pipe: "Connection[Any, Any]",
    work: Callable[..., Any],
    rank: int,
    processes: int,
    arguments: tuple[Any, ...],
    store: str,
    limit_s: float | int,
) -> None:
    """Be one process: join the group, work, send the answer or the error."""
    import torch.distributed as dist

    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = "lo0" if sys.platform == "darwin" else "lo"
    if sys.platform == "win32":
        del os.environ["GLOO_SOCKET_IFNAME"]
    try:
        wait = timedelta(seconds=limit_s)
        file = dist.FileStore(store, processes)  # type: ignore[attr-defined]
        dist.init_process_group("gloo", store=file, rank=rank, world_size=processes, timeout=wait)
        answer = work(rank, processes, *arguments)
        dist.barrier()  # nobody leaves while another still needs it
        dist.destroy_process_group()
    except Exception as error:  # whatever it is, the parent must hear of it
        pipe.send((time.time(), True, f"{type(error).__name__}: {error}"))
    else:
        pipe.send((time.time(), False, answer))


def _check(work: Callable[..., Any], processes: int) -> None:
    if processes < 1:
        raise ConfigError("the number of processes", got=processes, need="at least 1")
    if not (torch.distributed.is_available() and torch.distributed.is_gloo_available()):
        raise ConfigError("processes", got=f"torch {torch.__version__} without gloo", need="one that is built with it")
    module, name = work.__module__, work.__qualname__
    if module in ("__main__", "__mp_main__") or "<" in name:
        fix = "Write the function to a file and import it."
        raise ConfigError(
            "the work of processes", got=f"{module}.{name}", need="a function that can be imported", fix=fix
        )
