"""From inputs as stored to inputs as a net reads them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from d2lab.vision.scale import resize, to_unit


@dataclass(frozen=True, slots=True)
class Prepare:
    """Bytes are resized, on the device and a batch at a time, and scaled to [0, 1]; numbers stay as they are."""

    side: int | None = None  # of the images that the net reads, pixels; none keeps their size

    def __call__(self, inputs: Shaped[Tensor, "batch *input"]) -> Float[Tensor, "batch *prepared"]:
        """Prepare a batch."""
        if inputs.dtype != torch.uint8:
            return inputs
        if self.side is not None and inputs.ndim == 4:
            inputs = resize(inputs, self.side)
        return to_unit(inputs)
