"""Several devices at one model: a batch split over them, and the sums that keep their copies alike."""

from d2lab.parallel.collectives import all_reduce_sum, gather, scatter
from d2lab.parallel.split_batch import replicate, split_batch_gradients

__all__ = ["all_reduce_sum", "gather", "replicate", "scatter", "split_batch_gradients"]
