"""Several devices at one model: a batch split over them, the collectives that sum gradients, what is sent, and when."""

from d2lab.parallel.collectives import all_reduce_sum, gather, scatter
from d2lab.parallel.compression import TopK, compressed_descent, top_k
from d2lab.parallel.cost import Link, all_reduce_s, efficiency, fit_link, step_s
from d2lab.parallel.local_sgd import arrivals_of, asynchronous_server, local_sgd, synchronous_server
from d2lab.parallel.ring import ring_all_reduce, scheduled_all_reduce
from d2lab.parallel.schedules import naive_schedule, ring_schedule, tree_schedule
from d2lab.parallel.simulation import simulate, traffic
from d2lab.parallel.split_batch import replicate, split_batch_gradients

__all__ = [
    "Link",
    "TopK",
    "all_reduce_s",
    "all_reduce_sum",
    "arrivals_of",
    "asynchronous_server",
    "compressed_descent",
    "efficiency",
    "fit_link",
    "gather",
    "local_sgd",
    "naive_schedule",
    "replicate",
    "ring_all_reduce",
    "ring_schedule",
    "scatter",
    "scheduled_all_reduce",
    "simulate",
    "split_batch_gradients",
    "step_s",
    "synchronous_server",
    "top_k",
    "traffic",
    "tree_schedule",
]
