"""All deliberate mistakes, room by room."""

from tests.mutants import early, engine, layers, optimizers

MUTANTS = [*early.MUTANTS, *engine.MUTANTS, *layers.MUTANTS, *optimizers.MUTANTS]
