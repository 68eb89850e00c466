"""What a device says of itself: its name and its memory."""

from dataclasses import dataclass

import torch

from d2lab.core.machine import host_memory, processor_name


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """Name and memory of a device; a size is None where nobody says it."""

    device: torch.device
    name: str
    total_bytes: int | None
    free_bytes: int | None

    def describe(self) -> str:
        """Return the card in one line."""
        sizes = [None if size is None else size / 1e9 for size in (self.free_bytes, self.total_bytes)]
        if sizes[1] is None:
            return f"{self.name}, memory unknown"
        free = "" if sizes[0] is None else f"{sizes[0]:.1f} of "
        return f"{self.name}, {free}{sizes[1]:.1f} GB {'free' if free else 'of memory'}"


def describe_device(device: torch.device) -> DeviceCard:
    """Ask a device for its name and memory.

    Raises:
        RuntimeError: (torch's) its driver does not answer.
    """
    if device.type == "cpu":
        return DeviceCard(device, processor_name(), *host_memory())
    if device.type == "mps":  # one memory for processor and graphics; macOS advises how much of it to use
        advised = torch.mps.recommended_max_memory()
        return DeviceCard(device, f"Apple graphics, {processor_name()}", advised, advised - _held_by_mps())
    module = torch.get_device_module(device.type)
    properties = module.get_device_properties(device)
    free = module.mem_get_info(device)[0] if hasattr(module, "mem_get_info") else None
    return DeviceCard(device, properties.name, properties.total_memory, free)


def _held_by_mps() -> int:
    return int(torch.mps.driver_allocated_memory())
