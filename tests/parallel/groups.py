"""Processes for tests: started once, they meet in groups of several sizes, one after the other, over loopback."""

import multiprocessing
import os
import sys
import time
from datetime import timedelta

import torch
import torch.distributed as dist

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
LIMIT_S = 250
LAUNCH = "TORCHELASTIC_RUN_ID", "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"


def results_of_groups(work, worlds, folder):
    """Return results[world][rank] of `work(rank, world)`, a function of a module that the processes can import."""
    context = multiprocessing.get_context(METHOD)
    processes = [context.Process(target=_run, args=(rank, str(folder), worlds, work)) for rank in range(max(worlds))]
    for process in processes:
        process.start()
    end = time.monotonic() + LIMIT_S
    while any(process.is_alive() for process in processes) and time.monotonic() < end:
        if any(process.exitcode for process in processes):  # the others would wait for it
            break
        time.sleep(0.05)
    for process in processes:
        process.kill()
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)
    return {w: [torch.load(folder / f"{w}-{r}.pt", weights_only=True) for r in range(w)] for w in worlds}


def _run(rank, folder, worlds, work):
    """Be one process: take part in every group that is large enough for it, as torchrun would have started it."""
    os.environ["GLOO_SOCKET_IFNAME"] = "lo0" if sys.platform == "darwin" else "lo"
    torch.set_num_threads(1)
    for world in worlds:
        if rank < world:
            os.environ |= dict(zip(LAUNCH, map(str, ("test", rank, rank, world, world)), strict=True))
            store = dist.FileStore(f"{folder}/store-{world}", world)
            dist.init_process_group("gloo", store=store, rank=rank, world_size=world, timeout=timedelta(seconds=200))
            torch.save(work(rank, world), f"{folder}/{world}-{rank}.pt")
            dist.barrier()
            dist.destroy_process_group()
