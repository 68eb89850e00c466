"""Matrix rate: how many floating-point operations a second a device does in large matrix products."""

import time

import torch

from d2lab.core.timing import Clock, median_seconds

DTYPES = {"cpu": ("float32", "bfloat16")}  # float16 on a processor is for storage
DTYPES_ACCELERATOR = ("float32", "bfloat16", "float16")
SMALLEST, LARGEST = 256, 8192  # rows of a square matrix
ENOUGH_S = 0.01  # a product this long is large enough: the next size would take eight times as long


def product_operations(rows: int, columns: int, inner: int) -> int:
    """Count the operations of a product [rows, inner] @ [inner, columns]: a multiplication and an addition each.

    >>> product_operations(2, 3, 4)
    48
    """
    return 2 * rows * columns * inner


def matrix_rates(device: torch.device, *, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Measure operations a second for each number format that the device multiplies.

    float32 is as torch is set (`torch.get_float32_matmul_precision()`): "highest", its default, does without TF32.

    Args:
        device: where.
        clock: seconds from anywhere.

    Raises:
        RuntimeError: (torch's) float32 does not work: the memory does not suffice, or the driver fails.
    """
    rates: dict[str, float] = {}
    for name in DTYPES.get(device.type, DTYPES_ACCELERATOR):
        try:
            rates[name] = matrix_rate(device, getattr(torch, name), clock=clock)
        except (RuntimeError, TypeError):  # old chips and drivers refuse a half format in either way
            if name == "float32":
                raise
    return rates


def matrix_rate(device: torch.device, dtype: torch.dtype, *, clock: Clock = time.perf_counter) -> float:
    """Measure operations a second in a product of square matrices, as large as takes about 0.01 s or more.

    The numbers are random: products of zeros need less power, and a chip then runs faster than it ever will at work.

    Args:
        device: where.
        dtype: of the numbers.
        clock: seconds from anywhere.
    """
    size = SMALLEST
    while size < LARGEST and _seconds(device, dtype, size, 0.0, clock) < ENOUGH_S:
        size *= 2
    return product_operations(size, size, size) / _seconds(device, dtype, size, 0.1, clock)


def _seconds(device: torch.device, dtype: torch.dtype, size: int, budget_s: float, clock: Clock) -> float:
    draw = torch.Generator().manual_seed(size)  # a measurement leaves the caller's random state alone
    left, right = (torch.randn(size, size, generator=draw).to(device, dtype) for _ in range(2))
    product = torch.empty_like(left)
    action = lambda: torch.mm(left, right, out=product)  # noqa: E731 (one line, used twice)
    return median_seconds(action, device, budget_s=budget_s, clock=clock)
