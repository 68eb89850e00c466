"""What the processes of `test_processes.py` do."""

import os
import time

import torch
import torch.distributed as dist


def total(rank, processes, scale):
    mine = torch.tensor([float(rank + 1)]) * scale
    dist.all_reduce(mine)
    return rank, processes, dist.get_world_size(), torch.get_num_threads(), mine.item()


def fail_in_one(rank, processes):
    if rank == 1:
        raise ValueError("not today")
    dist.barrier()  # would wait for the other


def die_in_one(rank, processes):
    if rank == 1:
        os._exit(3)
    dist.barrier()


def sleep(rank, processes):
    time.sleep(60)
