"""Exercises that check themselves: stubs, random trials beside a solution, and hints that name the mistake.

In a notebook: `%load_ext d2lab.exercises`, then `%%exercise half-square` on top of a cell; or `check(half_square)`.
"""

from d2lab.exercises.exercise import Exercise, exercise
from d2lab.exercises.notebook import check, load_ipython_extension
from d2lab.exercises.random_inputs import RandomInputs

__all__ = ["Exercise", "RandomInputs", "check", "exercise", "load_ipython_extension"]
