"""The receptive field: which pixels of the input a unit can see, followed through every operation of a model.

Along one axis, position i of a map sees the pixels from `low + i jump` to `high + i jump`. A window of another layer
widens this span, a stride multiplies the jump, paths that meet give the smallest low and the largest high. This is the
field that papers state, of an unbounded image. Beside it is kept what each position sees of the image at hand: less
at the border, where windows cover padding.

Source: Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", sections 2 and 3.
Changed: the two ends of the span are kept in place of its size and start; linear layers and global means see
whatever the positions before them see together; the border is exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2lab.inspection.shapes import filled

aten = torch.ops.aten
Number = Fraction | int
Taps = NDArray[np.int64]  # [position tap]: which positions each one reads, below 0 or too large where there is nothing
NOWHERE = 2**40  # the first pixel of a position that sees none; its last is -1


@dataclass(frozen=True, slots=True)
class Span:
    """Along one axis: without end, position i sees the pixels low + i jump to high + i jump."""

    low: Fraction
    high: Fraction
    jump: Fraction  # 0 for units that have no neighbors
    first: tuple[int, ...]  # pixel of this image that each position sees
    last: tuple[int, ...]

    @property
    def count(self) -> int:
        """Count the positions."""
        return len(self.first)

    def through(self, taps: Taps, low: Number, high: Number, step: Number) -> "Span":
        """Return the span behind a layer.

        Args:
            taps: the positions before the layer that each position behind it reads.
            low: without end, the first of them for position 0.
            high: the last of them.
            step: how far they move from a position to the next.
        """
        inside = (taps >= 0) & (taps < self.count)
        taps = taps.clip(0, self.count - 1)
        first = np.where(inside, np.array(self.first)[taps], NOWHERE).min(1)
        last = np.where(inside, np.array(self.last)[taps], -1).max(1)
        ends = self.low + low * self.jump, self.high + high * self.jump
        return Span(*ends, self.jump * step, tuple(first.tolist()), tuple(last.tolist()))

    def together(self, count: int = 1) -> "Span":
        """Return the span of units that read all positions.

        Args:
            count: how many such units there are.
        """
        high = self.high + (self.count - 1) * self.jump
        return Span(self.low, high, Fraction(0), (min(self.first),) * count, (max(self.last),) * count)

    def joined(self, other: "Span") -> "Span":
        """Return the span of a unit that reads both; of maps that don't lie on each other, at all of both."""
        one, two = self, other
        if (self.jump, self.count) != (other.jump, other.count):
            count = max(self.count, other.count)
            one, two = self.together(count), other.together(count)
        first, last = map(min, one.first, two.first), map(max, one.last, two.last)
        return Span(min(one.low, two.low), max(one.high, two.high), one.jump, tuple(first), tuple(last))

    @property
    def size(self) -> int:
        """Return the pixels that a unit sees: of an unbounded image, or of this one where it has no neighbors."""
        if self.jump:
            return int((self.high - self.low) // 1) + 1
        return max(0, *(last - first + 1 for first, last in zip(self.first, self.last, strict=True)))


Field = tuple[Span, ...]  # one an axis of the image


def of_image(sizes: Sequence[int]) -> Field:
    """Return the field of the image itself: every pixel sees itself.

    Args:
        sizes: pixels along each axis.
    """
    return tuple(Span(Fraction(0), Fraction(0), Fraction(1), tuple(range(n)), tuple(range(n))) for n in sizes)


def follow(operation: Any, arguments: Sequence[Any], fields: Sequence[Field], output: Tensor) -> Field:  # noqa: ANN401
    """Return the field of an operation's output.

    An operation that is not known here is taken to mix all positions: an upper bound.

    Args:
        operation: torch's, as a dispatch mode is told it.
        arguments: of the operation.
        fields: of those arguments that depend on the image; one or more.
        output: its first tensor.
    """
    field = fields[0]
    for other in fields[1:]:
        field = tuple(one.joined(two) for one, two in zip(field, other, strict=True))
    packet = operation.overloadpacket
    counts = tuple(span.count for span in field)
    if packet in WINDOWS and tuple(arguments[0].shape[-len(field) :]) == counts:  # a map that lies as the image does
        return WINDOWS[packet](field, arguments, output)
    if packet in KEEPING or torch.Tag.pointwise in operation.tags:
        return field  # where it was, or flattened: each number sees what it saw
    if packet is aten.cat and filled(arguments, None, 0)[1] % output.ndim < output.ndim - len(
        field
    ):  # along the channels
        return field
    return tuple(span.together() for span in field)


Rule = Callable[[Field, Sequence[Any], Tensor], Field]
KEEPING = {  # in evaluation a batch normalization scales each number by itself
    aten.native_batch_norm,
    aten._native_batch_norm_legit_no_training,
    aten.cudnn_batch_norm,
    aten.miopen_batch_norm,
    aten.clone,
    aten._to_copy,
    aten.view,
    aten._unsafe_view,
    aten.unsqueeze,
    aten.squeeze,
    aten.alias,
    aten.detach,
}


def _each(value: int | Sequence[int], field: Field) -> Sequence[int]:
    """Return one number an axis where torch takes one for all."""
    values = [value] if isinstance(value, int) else list(value)
    return values * len(field) if len(values) == 1 else values


def _slide(field: Field, output: Tensor, *window: Sequence[int]) -> Field:
    """Slide a window: kernel, stride, padding, dilation, one number an axis."""
    spans = []
    for span, n, k, s, p, d in zip(field, output.shape[-len(field) :], *window, strict=True):
        taps = s * np.arange(n)[:, None] - p + d * np.arange(k)
        spans.append(span.through(taps, -p, -p + d * (k - 1), s))
    return tuple(spans)


def _convolution(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    _, weight, _, stride, padding, dilation, transposed, *_ = arguments
    window = [weight.shape[2:], *(_each(value, field) for value in (stride, padding, dilation))]
    if not transposed:
        return _slide(field, output, *window)
    spans = []
    for span, n, k, s, p, d in zip(field, output.shape[2:], *window, strict=True):
        scaled = np.arange(n)[:, None] + p - d * np.arange(k)  # output o hears input i where o = i s - p + k d
        taps = np.where(scaled % s == 0, scaled // s, -1)
        spans.append(span.through(taps, Fraction(p - d * (k - 1), s), Fraction(p, s), Fraction(1, s)))
    return tuple(spans)


def _pool(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    kernel, stride, padding, dilation = filled(arguments[1:5], None, [], 0, 1)
    return _slide(field, output, *(_each(value, field) for value in (kernel, stride or kernel, padding, dilation)))


def _mean_pool(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    return _pool(field, arguments[:4], output)  # the fifth argument is no dilation


def _adaptive(field: Field, _: Sequence[Any], output: Tensor) -> Field:
    """Window o lies from floor(o n / m) up to, not with, ceil((o + 1) n / m); for m that divides n all are alike."""
    spans = []
    for span, m in zip(field, output.shape[-len(field) :], strict=True):
        n, places = span.count, np.arange(m)[:, None]
        taps = places * n // m + np.arange(-(-n // m) + 1)
        taps = np.where(taps < -(-(places + 1) * n // m), taps, -1)
        even = span.through(taps, 0, n // m - 1, n // m)
        spans.append(even if n % m == 0 else Span(span.low, span.high, Fraction(0), even.first, even.last))
    return tuple(spans)


def _mean(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    """Means over channels keep the positions, those over positions mix them."""
    axes = arguments[0].ndim
    gone = {number % axes for number in arguments[1] or range(axes)} if len(arguments) > 1 else set(range(axes))
    first = axes - len(field)
    if not any(number >= first for number in gone):
        return field
    if output.ndim < axes:
        return tuple(span.together() for span in field)
    return tuple(span.together() if first + k in gone else span for k, span in enumerate(field))


def _slice(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    number, start, _, step = filled(arguments[1:], 0, None, None, 1)
    place = number % output.ndim - (output.ndim - len(field))
    if place < 0:
        return field
    span, count = field[place], output.shape[place - len(field)]
    begin = min(max((start or 0) + span.count * ((start or 0) < 0), 0), span.count)
    cut = span.through(begin + step * np.arange(count)[:, None], begin, begin, step)
    return (*field[:place], cut, *field[place + 1 :])


def _pad(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    before = [*arguments[1][::2], *[0] * len(field)][: len(field)][::-1]  # given from the last axis on
    ones = [1] * len(field)
    return _slide(field, output, ones, ones, before, ones)


WINDOWS: dict[Any, Rule] = {
    aten.convolution: _convolution,
    aten.max_pool2d_with_indices: _pool,
    aten.max_pool3d_with_indices: _pool,
    aten.avg_pool2d: _mean_pool,
    aten.avg_pool3d: _mean_pool,
    aten._adaptive_avg_pool2d: _adaptive,
    aten._adaptive_avg_pool3d: _adaptive,
    aten.adaptive_max_pool2d: _adaptive,
    aten.mean: _mean,
    aten.sum: _mean,
    aten.amax: _mean,
    aten.slice: _slice,
    aten.constant_pad_nd: _pad,
}
