"""All deliberate mistakes, room by room."""

from tests.mutants import devices, early, engine, layers, optimizers, vision

MUTANTS = [
    *early.MUTANTS,
    *engine.MUTANTS,
    *layers.MUTANTS,
    *optimizers.MUTANTS,
    *devices.MUTANTS,
    *vision.MUTANTS,
]
