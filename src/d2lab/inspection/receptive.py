"""The receptive field: which pixels of the input a unit can see, followed through every operation of a net.

Along one axis, position i of a map sees the pixels from `low + i jump` to `high + i jump`. A window of another layer
widens this span, a stride multiplies the jump, paths that meet give the smallest low and the largest high. All
numbers are exact; padding is part of the picture, so that a span may begin below 0 and end beyond the last pixel.

Source: Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", sections 2 and 3.
Changed: the two ends of the span are kept in place of its size and start; linear layers and global means see
whatever the positions before them see together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten


@dataclass(frozen=True, slots=True)
class Span:
    """Along one axis: position i sees the pixels low + i jump to high + i jump."""

    low: Fraction
    high: Fraction
    jump: Fraction
    count: int  # positions

    def through(self, first: Fraction | int, last: Fraction | int, step: Fraction | int, count: int) -> "Span":
        """Give the span behind a layer whose position i looks at the positions first + i step to last + i step.

        Args:
            first: of the window at position 0.
            last: of the window at position 0.
            step: of the window.
            count: positions behind the layer.
        """
        return Span(self.low + first * self.jump, self.high + last * self.jump, self.jump * step, count)

    def together(self) -> "Span":
        """Give the span of one unit that looks at all positions."""
        return Span(self.low, self.high + (self.count - 1) * self.jump, Fraction(0), 1)

    def joined(self, other: "Span") -> "Span":
        """Give the span of a unit that looks at both; of maps that don't lie on each other, at all of both."""
        if (self.jump, self.count) != (other.jump, other.count):
            count = max(self.count, other.count)
            one, two = self.together(), other.together()
            return Span(min(one.low, two.low), max(one.high, two.high), Fraction(0), count)
        return replace(self, low=min(self.low, other.low), high=max(self.high, other.high))

    def pixels(self, position: int, side: int) -> tuple[int, int]:
        """Give the first and the last pixel that a position sees of a picture with this many."""
        low, high = self.low + position * self.jump, self.high + position * self.jump
        return max(-int(-low // 1), 0), min(int(high // 1), side - 1)

    def size(self, side: int) -> int:
        """Give the pixels that a unit sees: with the padding, as if the picture had no end, while it has neighbors.

        Args:
            side: pixels of the picture; a unit without a neighbor sees no more than these.
        """
        if self.jump:
            return int((self.high - self.low) // 1) + 1
        first, last = self.pixels(0, side)
        return last - first + 1


Field = tuple[Span, ...]  # one an axis of the picture


def of_picture(sizes: Sequence[int]) -> Field:
    """Give the field of the picture itself: every pixel sees itself.

    Args:
        sizes: pixels along each axis.
    """
    return tuple(Span(Fraction(0), Fraction(0), Fraction(1), size) for size in sizes)


def follow(operation: Any, arguments: Sequence[Any], fields: Sequence[Field], output: Tensor) -> Field:  # noqa: ANN401
    """Give the field of an operation's output.

    An operation that is not known here is taken to mix all positions: an upper bound.

    Args:
        operation: torch's, as a dispatch mode is told it.
        arguments: of the operation.
        fields: of those arguments that depend on the picture; one or more.
        output: its first tensor.
    """
    field = fields[0]
    for other in fields[1:]:
        field = tuple(one.joined(two) for one, two in zip(field, other, strict=True))
    packet = operation.overloadpacket
    counts = tuple(span.count for span in field)
    if packet in WINDOWS and tuple(arguments[0].shape[-len(field) :]) == counts:  # a map that lies as the picture does
        return WINDOWS[packet](field, arguments, output)
    if packet in KEEPING or torch.Tag.pointwise in operation.tags:
        return field  # where it was, or flattened: each number sees what it saw
    if packet is aten.cat and _axis(arguments[1] if len(arguments) > 1 else 0, output.ndim) < output.ndim - len(field):
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


def _axis(number: int, axes: int) -> int:
    return number % axes


def _each(value: int | Sequence[int], field: Field) -> Sequence[int]:
    """Give one number an axis where torch takes one for all."""
    values = [value] if isinstance(value, int) else list(value)
    return values * len(field) if len(values) == 1 else values


def _slide(
    field: Field,
    output: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    gap: Sequence[int],
) -> Field:
    """Slide a window; `gap` is the dilation."""
    counts = output.shape[-len(field) :]
    sizes = zip(field, kernel, stride, padding, gap, counts, strict=True)
    return tuple(span.through(-p, -p + d * (k - 1), s, n) for span, k, s, p, d, n in sizes)


def _convolution(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    _, weight, _, stride, padding, dilation, transposed, *_ = arguments
    kernel = weight.shape[2:]
    given = [_each(value, field) for value in (stride, padding, dilation)]
    if not transposed:
        return _slide(field, output, kernel, *given)
    # Output o hears input i where o = i s - p + k d: i lies between (o + p - d (K - 1)) / s and (o + p) / s.
    sizes = zip(field, kernel, *given, output.shape[2:], strict=True)
    return tuple(
        span.through(Fraction(p - d * (k - 1), s), Fraction(p, s), Fraction(1, s), n) for span, k, s, p, d, n in sizes
    )


def _pool(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    kernel, stride, padding, dilation = [*arguments[1:5], *[[], 0, 1][len(arguments[1:5]) - 1 :]]
    return _slide(field, output, *(_each(value, field) for value in (kernel, stride or kernel, padding, dilation)))


def _mean_pool(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    return _pool(field, arguments[:4], output)  # the fifth argument is no dilation


def _adaptive(field: Field, _: Sequence[Any], output: Tensor) -> Field:
    counts = output.shape[-len(field) :]
    if any(span.count % count for span, count in zip(field, counts, strict=True)):
        return tuple(replace(span.together(), count=n) for span, n in zip(field, counts, strict=True))
    steps = [span.count // count for span, count in zip(field, counts, strict=True)]
    return _slide(field, output, steps, steps, [0] * len(field), [1] * len(field))


def _mean(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    """Means over channels keep the positions, those over positions mix them."""
    axes = arguments[0].ndim
    gone = {_axis(number, axes) for number in arguments[1] or range(axes)} if len(arguments) > 1 else set(range(axes))
    first = axes - len(field)
    if not any(number >= first for number in gone):
        return field
    if output.ndim < axes:
        return tuple(span.together() for span in field)
    return tuple(span.together() if first + k in gone else span for k, span in enumerate(field))


def _slice(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    number, start, _, step = [*arguments[1:], *[0, None, None, 1][len(arguments) - 1 :]]
    place = _axis(number, output.ndim) - (output.ndim - len(field))
    if place < 0:
        return field
    span = field[place]
    begin = (start or 0) % span.count if (start or 0) < span.count else span.count
    cut = span.through(begin, begin, step, output.shape[place - len(field)])
    return (*field[:place], cut, *field[place + 1 :])


def _pad(field: Field, arguments: Sequence[Any], output: Tensor) -> Field:
    before = [*arguments[1][::2], *[0] * len(field)][: len(field)][::-1]  # given from the last axis on
    return _slide(field, output, [1] * len(field), [1] * len(field), before, [1] * len(field))


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
