"""From inputs as stored to inputs as a model reads them."""

from dataclasses import dataclass

from jaxtyping import Float, Shaped
from torch import Tensor

from d2lab.vision.color import to_unit
from d2lab.vision.resample import resize


@dataclass(frozen=True, slots=True)
class Prepare:
    """Images are resized, on the device and a batch at a time; bytes are scaled to [0, 1].

    Source: none; plumbing.
    """

    side: int | None = None  # of the images that the model reads, pixels; none keeps their size

    def __call__(self, inputs: Shaped[Tensor, " batch *input"]) -> Float[Tensor, " batch *prepared"]:
        """Prepare a batch."""
        if self.side is not None and inputs.ndim == 4:
            inputs = resize(inputs, self.side)
        return to_unit(inputs)
