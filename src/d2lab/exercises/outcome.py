"""What a candidate gave on one trial, and when two such outcomes are the same."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from d2lab.exercises.exercise import Candidate, Exercise


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one trial.

    Args:
        value: that was measured; None where it failed.
        error: that was raised, or None.
        changed: whether an argument was changed in place.
    """

    value: Any = None
    error: BaseException | None = None
    changed: bool = False


def outcome(exercise: Exercise, candidate: Candidate, arguments: Sequence[Any]) -> Outcome:
    """Try a candidate once, on copies of the arguments.

    Args:
        exercise: whose measure counts.
        candidate: a learner's function, a solution or a mistake.
        arguments: of this trial.
    """
    given = deepcopy(tuple(arguments))
    torch.manual_seed(0)  # whoever draws by torch draws the same as the solution does
    try:
        value = plain(exercise.measure(candidate, *given))
        changed = not same(plain(given), plain(arguments), 0.0)
    except BaseException as error:  # whatever a learner's code raises, exit and Ctrl-C too, is about that code
        return Outcome(error=error)
    return Outcome(value=value, changed=changed)


def same(one: Any, other: Any, tolerance: float) -> bool:  # noqa: ANN401 (whatever an exercise asks for)
    """Return whether two values are equal: tensors and numbers within a tolerance, lists and dicts by their parts.

    A tensor of one number may stand for the number. NaN equals NaN here.

    Args:
        one: a value.
        other: another.
        tolerance: relative and absolute.
    """
    if _is_number(one) and _is_number(other):
        return _near(one, other, tolerance)
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and _close(one, other, tolerance)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):  # one may stand for the other
        return len(one) == len(other) and all(same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, torch.nn.Module) and isinstance(other, torch.nn.Module):
        one, other = dict(one.state_dict()), dict(other.state_dict())
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], tolerance) for key in one)
    functions = callable(one) and callable(other)  # nobody changes a function among the arguments
    return functions or (type(one) is type(other) and bool(one == other))


def same_outcome(one: Outcome, other: Outcome, tolerance: float) -> bool:
    """Return whether two trials ended alike: the same value, or the same kind of error."""
    if one.error is not None or other.error is not None:
        return type(one.error) is type(other.error)
    return same(one.value, other.value, tolerance)


def shape_of(value: Any) -> object:  # noqa: ANN401
    """Return what can be said of a value without its numbers: the shape of a tensor, the kinds of parts."""
    if isinstance(value, Tensor):
        return tuple(value.shape)
    if _is_number(value):
        return ()
    if isinstance(value, list | tuple):
        return [shape_of(part) for part in value]
    return type(value).__name__


def is_finite(value: Any) -> bool:  # noqa: ANN401
    """Return whether all numbers of a value are finite."""
    if isinstance(value, Tensor):
        return bool(torch.isfinite(value).all())
    if isinstance(value, float):
        return math.isfinite(value)
    return all(is_finite(part) for part in value) if isinstance(value, list | tuple) else True


def _is_number(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.ndim == 0)


def _near(one: Any, other: Any, tolerance: float) -> bool:  # noqa: ANN401 (numbers, or tensors of one)
    """Compare two numbers; whole ones may be longer than a float can hold."""
    one, other = (value.item() if isinstance(value, Tensor) else value for value in (one, other))
    if one == other or (_is_nan(one) and _is_nan(other)):
        return True
    try:
        return bool(abs(one - other) <= tolerance * max(1.0, abs(other)))
    except OverflowError:
        return False


def _is_nan(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, float) and math.isnan(value)


def _close(one: Tensor, other: Tensor, tolerance: float) -> bool:
    if not (one.is_complex() or other.is_complex()):
        one, other = one.detach().double(), other.detach().double()
    return torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)


def plain(value: Any) -> Any:  # noqa: ANN401
    """Copy a value into exact types, so that later trials can't change it and no subclass can answer a comparison.

    Args:
        value: what a candidate returned, or arguments: numbers, texts, tensors, lists, tuples and dictionaries of them;
            anything else stays as it is.
    """
    if isinstance(value, Tensor):
        with torch._C.DisableTorchFunctionSubclass():
            return torch.Tensor.as_subclass(Tensor.detach(value), Tensor).clone()
    for kind, copy in EXACT.items():
        if isinstance(value, kind):
            return copy(value)
    return value


EXACT: dict[type, Callable[[Any], Any]] = {  # the methods of the type itself, whatever a subclass makes of them
    bool: bool,
    int: lambda value: int.__add__(value, 0),
    float: lambda value: float.__add__(value, 0.0),
    str: str.__str__,
    list: lambda value: [plain(part) for part in list.__iter__(value)],
    tuple: lambda value: [plain(part) for part in tuple.__iter__(value)],
    dict: lambda value: {plain(key): plain(part) for key, part in dict.items(value)},
}
