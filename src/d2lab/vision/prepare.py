"""From inputs as stored to inputs as a model reads them."""

from dataclasses import dataclass

from jaxtyping import Float, Shaped
from torch import Tensor

from d2lab.vision.color import to_unit
from d2lab.vision.resample import resize


@dataclass(frozen=True, slots=True)
class Prepare:
    """Resize images, on the device and a batch at a time, and scale bytes to [0, 1]."""

    side: int | None = None  # of the images that the model reads, pixels; None keeps their size

    def __call__(self, inputs: Shaped[Tensor, " batch *input"]) -> Float[Tensor, " batch *prepared"]:
        """Prepare a batch."""
        if self.side is not None and inputs.ndim == 4:
            inputs = resize(inputs, self.side)
        return to_unit(inputs)
