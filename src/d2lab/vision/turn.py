"""Images turned about their middle, each by its own angle."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from d2lab.vision.place import Border

PADDING = {"reflect": "reflection", "zeros": "zeros"}  # torch's names


def rotate(
    images: Float[Tensor, "batch channel height width"], degrees: Float[Tensor, " batch"], border: Border
) -> Float[Tensor, "batch channel height width"]:
    """Turn each image against the clock, bilinear; the frame keeps its size.

    Source: Simard, Steinkraus, Platt 2003, "Best Practices for Convolutional Neural Networks", section 2: affine
        distortions, bilinear.

    Args:
        images: numbers.
        degrees: one an image.
        border: what comes in at the corners: the image mirrored at its edge, or black.
    """
    if not len(images):  # which torch would refuse
        return images
    height, width = images.shape[-2:]
    angle = degrees.deg2rad()
    sine, cosine = angle.sin(), angle.cos()
    nothing = torch.zeros_like(angle)
    # Where a pixel of the result is seen in the image, both measured from -1 to 1: hence the ratio of the sides.
    first = torch.stack([cosine, -sine * height / width, nothing], 1)
    second = torch.stack([sine * width / height, cosine, nothing], 1)
    grid = functional.affine_grid(
        torch.stack([first, second], 1).to(images.dtype), list(images.shape), align_corners=False
    )
    return functional.grid_sample(images, grid, padding_mode=PADDING[border], align_corners=False)
