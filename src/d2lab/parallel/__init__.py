"""Several devices at one model: batch, layer or chain of layers split over them; what is sent, when, at what cost."""

from d2lab.parallel.collectives import all_reduce_sum, gather, scatter
from d2lab.parallel.compression import TopK, compressed_descent, top_k
from d2lab.parallel.cost import Link, all_reduce_s, efficiency, fit_link, step_s
from d2lab.parallel.local_sgd import arrivals_of, asynchronous_server, local_sgd, synchronous_server
from d2lab.parallel.pipeline import gpipe, one_forward_one_backward
from d2lab.parallel.pipeline_run import pipeline_gradients
from d2lab.parallel.ring import ring_all_reduce, scheduled_all_reduce
from d2lab.parallel.schedules import naive_schedule, ring_schedule, tree_schedule
from d2lab.parallel.simulation import simulate, traffic
from d2lab.parallel.split_batch import replicate, split_batch_gradients
from d2lab.parallel.stages import balanced_stages
from d2lab.parallel.systolic import systolic_clocks
from d2lab.parallel.systolic_tiles import systolic_cycles, systolic_product, systolic_use
from d2lab.parallel.tensor_parallel import TensorParallelMLP, tensor_parallel_gradients
from d2lab.parallel.work_queue import queued_s, run_queue

__all__ = [
    "Link",
    "TensorParallelMLP",
    "TopK",
    "all_reduce_s",
    "all_reduce_sum",
    "arrivals_of",
    "asynchronous_server",
    "balanced_stages",
    "compressed_descent",
    "efficiency",
    "fit_link",
    "gather",
    "gpipe",
    "local_sgd",
    "naive_schedule",
    "one_forward_one_backward",
    "pipeline_gradients",
    "queued_s",
    "replicate",
    "ring_all_reduce",
    "ring_schedule",
    "run_queue",
    "scatter",
    "scheduled_all_reduce",
    "simulate",
    "split_batch_gradients",
    "step_s",
    "synchronous_server",
    "systolic_clocks",
    "systolic_cycles",
    "systolic_product",
    "systolic_use",
    "tensor_parallel_gradients",
    "top_k",
    "traffic",
    "tree_schedule",
]
