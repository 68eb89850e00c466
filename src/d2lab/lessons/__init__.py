"""Lessons of the course: one bilingual source each, checked, executed once, rendered as a page or a notebook.

A lesson is `course/NN-slug/MM-slug.md`, a MyST notebook read with jupytext. Prose cells are tagged with their
language and stand in pairs, Chinese and English; code cells are shared.
"""

from d2lab.lessons.export_values import keep
from d2lab.lessons.lesson import Cell, Lesson, read_course, read_lesson

__all__ = ["Cell", "Lesson", "keep", "read_course", "read_lesson"]
