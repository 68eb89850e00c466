"""The alpha-beta model of communication: what an all-reduce takes, and what is left of n devices.

A message of s bytes takes alpha + s / beta seconds: alpha is the latency, beta the bandwidth of a link. A device sends
and receives one message at a time, both at once; links do not share anything. Sums are free.

Source: Hockney 1994, "The communication challenge for MPP: Intel Paragon and Meiko CS-2" (latency and bandwidth);
Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in MPICH", section 3 (model).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from d2lab.core.errors import ConfigError

Method = Literal["naive", "tree", "ring"]


@dataclass(frozen=True)
class Link:
    """The two constants of a link between devices.

    Raises:
        ConfigError: a latency below 0 or a bandwidth that is not positive.
    """

    latency_s: float  # seconds a message
    bytes_per_s: float

    def __post_init__(self) -> None:
        if not (0 <= self.latency_s < math.inf and self.bytes_per_s > 0):
            got = (self.latency_s, self.bytes_per_s)
            raise ConfigError(
                "latency (s) and bandwidth (bytes/s) of a link", got=got, need="latency >= 0, bandwidth > 0"
            )

    def message_s(self, size_bytes: float) -> float:
        """Return the seconds that one message takes.

        Args:
            size_bytes: its bytes.
        """
        return self.latency_s + size_bytes / self.bytes_per_s


def all_reduce_steps(method: Method, devices: int) -> int:
    """Return how many messages one after the other an all-reduce takes.

    Args:
        method: naive and ring: 2 (n - 1); tree: 2 ceil(log2 n).
        devices: number of devices n, at least 1.

    Raises:
        ConfigError: no device, or an unknown method.
    """
    if method not in get_args(Method):
        raise ConfigError("the method of an all-reduce", got=method, need=f"one of {', '.join(get_args(Method))}")
    if devices < 1:
        raise ConfigError("the number of devices", got=devices, need="at least 1")
    return 2 * (devices - 1).bit_length() if method == "tree" else 2 * (devices - 1)


def busiest_bytes(method: Method, devices: int, size_bytes: float) -> float:
    """Return the bytes that the busiest device sends and receives, both together divided by two.

    >>> busiest_bytes("ring", 4, 100e6), busiest_bytes("naive", 4, 100e6)
    (150000000.0, 300000000.0)

    Args:
        method: naive: (n - 1) s; tree: ceil(log2 n) s; ring: 2 (n - 1) s / n, which each device sends.
        devices: number of devices n, at least 1.
        size_bytes: bytes s of the gradient.

    Raises:
        ConfigError: no device, an unknown method, or a negative size.
    """
    steps = all_reduce_steps(method, devices)
    return steps * _message_bytes(method, devices, size_bytes) / (1 if method == "ring" else 2)


def all_reduce_s(method: Method, devices: int, size_bytes: float, link: Link) -> float:
    """Return the seconds of an all-reduce.

    The ring takes 2 (n - 1) (alpha + s / (n beta)): its bytes hardly grow with n, its latency does.

    >>> wire = Link(latency_s=0.0, bytes_per_s=10e9)
    >>> [round(all_reduce_s(method, 4, 100e6, wire) * 1000, 9) for method in ("naive", "tree", "ring")]
    [60.0, 40.0, 15.0]

    Args:
        method: naive, tree or ring.
        devices: number of devices n, at least 1.
        size_bytes: bytes s of the gradient.
        link: latency alpha and bandwidth beta.

    Raises:
        ConfigError: no device, an unknown method, or a negative size.
    """
    steps = all_reduce_steps(method, devices)
    return steps * link.message_s(_message_bytes(method, devices, size_bytes))


def _message_bytes(method: Method, devices: int, size_bytes: float) -> float:
    """Return the bytes of one message: the whole gradient, of a ring a chunk.

    Raises:
        ConfigError: a negative size.
    """
    if not 0 <= size_bytes < math.inf:
        raise ConfigError("the bytes of a gradient", got=size_bytes, need="at least 0")
    return size_bytes / devices if method == "ring" else size_bytes


def step_s(compute_s: float, exchange_s: float, *, overlap: bool) -> float:
    """Return the seconds of a training step: the sum of computation and exchange, or the longer one.

    The overlapped time is a lower bound: an exchange can't begin before the first gradient is there.

    >>> round(step_s(0.012, 0.015, overlap=False), 9), step_s(0.012, 0.015, overlap=True)
    (0.027, 0.015)

    Args:
        compute_s: seconds of forward and backward pass.
        exchange_s: seconds of the all-reduce.
        overlap: whether gradients are exchanged while others are still computed.

    Raises:
        ConfigError: a time below 0.
    """
    if not (compute_s >= 0 and exchange_s >= 0):
        raise ConfigError("seconds of computation and exchange", got=(compute_s, exchange_s), need="at least 0")
    return max(compute_s, exchange_s) if overlap else compute_s + exchange_s


def efficiency(compute_s: float, exchange_s: float, *, overlap: bool) -> float:
    """Return the share of a step that is computation: n devices do the work of n times that many (weak scaling).

    >>> [round(efficiency(0.012, 0.015, overlap=overlap), 2) for overlap in (False, True)]
    [0.44, 0.8]

    Args:
        compute_s: seconds of forward and backward pass, above 0.
        exchange_s: seconds of the all-reduce.
        overlap: as in `step_s`.

    Raises:
        ConfigError: no computation, or a time below 0.
    """
    if not compute_s > 0:
        raise ConfigError("seconds of computation", got=compute_s, need="above 0")
    return compute_s / step_s(compute_s, exchange_s, overlap=overlap)


def fit_link(sizes_bytes: Sequence[float], seconds: Sequence[float], *, relative: bool = True) -> Link:
    """Fit latency and bandwidth to measured messages by least squares.

    For a ring of n devices divide by the steps first: messages of s / n bytes, each in t / (2 (n - 1)) seconds.

    >>> fitted = fit_link([1e3, 1e6, 4e6], [2e-6 + s / 5e9 for s in (1e3, 1e6, 4e6)])
    >>> round(fitted.latency_s, 12), round(fitted.bytes_per_s)
    (2e-06, 5000000000)

    Args:
        sizes_bytes: bytes of each message, at least two different sizes.
        seconds: what each took, above 0.
        relative: whether errors are relative to the time, so that small messages count as much as large ones. Else
            seconds count, and the large messages alone decide.

    Raises:
        ConfigError: too few sizes, a time that is not positive, or times that no link of this model takes.
    """
    if len(sizes_bytes) != len(seconds) or len(set(sizes_bytes)) < 2:
        got = f"{len(sizes_bytes)} sizes ({len(set(sizes_bytes))} different), {len(seconds)} times"
        raise ConfigError("the measured messages", got=got, need="a time for each size, at least two different sizes")
    times = np.asarray(seconds, dtype=np.float64)
    if not (np.isfinite(times).all() and (times > 0).all() and np.isfinite(sizes_bytes).all()):
        raise ConfigError("the seconds of a message", got=float(times.min()), need="finite and above 0")
    unit = float(np.max(np.abs(sizes_bytes))) or 1.0  # columns of like size
    columns = np.stack([np.ones_like(times), np.asarray(sizes_bytes, dtype=np.float64) / unit], axis=1)
    weights = 1 / times if relative else np.ones_like(times)
    (latency, slowness), *_ = np.linalg.lstsq(columns * weights[:, None], times * weights, rcond=None)
    noise = 1e-12 * times.max()  # of the fit itself
    if slowness <= noise or latency < -noise:
        got = f"latency {latency:.3g} s, {slowness / unit:.3g} s a byte"
        raise ConfigError(
            "the fit of a link", got=got, need="positive ones", fix="Measure more sizes, each more often."
        )
    return Link(max(float(latency), 0.0), unit / float(slowness))
