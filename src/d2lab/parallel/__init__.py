"""Data parallelism from scratch: a batch split over devices, and the collectives that sum their gradients."""

from d2lab.parallel.collectives import all_reduce_sum, gather, scatter
from d2lab.parallel.split_batch import replicate, split_batch_gradients

__all__ = ["all_reduce_sum", "gather", "replicate", "scatter", "split_batch_gradients"]
