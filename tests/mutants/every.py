"""All deliberate mistakes, room by room."""

from tests.mutants import (
    data,
    detection_boxes,
    detection_data,
    detection_figures,
    detection_metrics,
    detection_points,
    devices,
    early,
    engine,
    inspection,
    layers,
    optimizers,
    pretrained,
    sequences,
    train,
    vision,
)

MUTANTS = [
    *early.MUTANTS,
    *engine.MUTANTS,
    *data.MUTANTS,
    *detection_data.MUTANTS,
    *layers.MUTANTS,
    *sequences.MUTANTS,
    *optimizers.MUTANTS,
    *devices.MUTANTS,
    *vision.MUTANTS,
    *detection_boxes.MUTANTS,
    *detection_metrics.MUTANTS,
    *detection_points.MUTANTS,
    *detection_figures.MUTANTS,
    *inspection.MUTANTS,
    *pretrained.MUTANTS,
    *train.MUTANTS,
]
