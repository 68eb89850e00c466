"""Seconds of what a page about devices speaks of, for every device at hand, and the bytes of a training step."""

from typing import Any

import torch

from d2lab.core.bandwidth import copy_bandwidths
from d2lab.core.device import devices
from d2lab.core.device_card import describe_device
from d2lab.core.machine import describe_machine
from d2lab.core.matrix_rate import matrix_rates
from d2lab.core.timing import median_seconds
from d2lab.data import catalog
from d2lab.experiments.plan import plan
from d2lab.models.catalog import build_model
from d2lab.train.memory import training_memory

WHOLE_BYTES, PIECES = 1 << 24, 1 << 14  # 16 MiB in one copy, or in 16,384 of 1 KiB
ADDITIONS = 1000
TABLE = ("lenet-sigmoid", "lenet-norm", "alexnet", "vgg11", "nin", "googlenet", "resnet18", "densenet")
DATA = "fashion-mnist"


def measure() -> dict[str, Any]:
    """Measure every device, and count the memory of the notes' models."""
    return {
        "machine": {**describe_machine(), "threads": torch.get_num_threads()},
        "devices": {str(device): measure_device(device) for device in devices()},
        "memory": {name: step_memory(name) for name in TABLE},
    }


def measure_device(device: torch.device) -> dict[str, Any]:
    """Measure one device."""
    whole, pieces = copies(device)
    quiet, reading = additions(device)
    return {
        "name": describe_device(device).name,
        "copy_bytes_per_s": copy_bandwidths(device),
        "operations_per_s": matrix_rates(device),
        "copy_whole_s": whole,
        "copy_pieces_s": pieces,
        "additions_s": quiet,
        "additions_read_s": reading,
    }


def copies(device: torch.device) -> tuple[float, float]:
    """Time the same bytes in one copy from main memory and in many small ones."""
    source = torch.ones(PIECES, WHOLE_BYTES // PIECES, dtype=torch.uint8)
    target = torch.ones_like(source, device=device)
    rows = list(zip(target, source, strict=True))

    def one_by_one() -> None:
        for there, here in rows:
            there.copy_(here)

    return median_seconds(lambda: target.copy_(source), device), median_seconds(one_by_one, device)


def additions(device: torch.device) -> tuple[float, float]:
    """Time small additions, and the same with each sum read by Python."""
    total = torch.zeros(1000, device=device)

    def quiet() -> None:
        for _ in range(ADDITIONS):
            total.add_(1.0)

    def reading() -> None:
        for _ in range(ADDITIONS):
            total.add_(1.0)
            total[0].item()

    return median_seconds(quiet, device), median_seconds(reading, device)


def step_memory(recipe: str) -> dict[str, int]:
    """Count the bytes of a training step at the notes' settings."""
    experiment = plan(recipe, data=DATA, device="cpu")
    settings, card = experiment.settings, catalog.card(DATA)
    with torch.device("meta"):
        model = build_model(settings.model)
    side = experiment.preparation.side or card.shape[-1]
    batch = settings.loop.batch_size
    found = training_memory(
        model,
        experiment.task,
        settings.optimizer,
        inputs=(batch, card.shape[0], side, side),
        targets=torch.zeros(batch, dtype=torch.int64),
    )
    parts = ("parameters", "gradients", "optimizer", "buffers", "activations", "total")
    return {"batch": batch, "side": side} | {name: getattr(found, name) for name in parts}
