"""What several exercises of this chapter share."""

from torch.nn import functional as F

from d2lab.exercises import RandomInputs


def square_image_and_kernel(draw: RandomInputs):
    return draw.normal(draw.size(5, 8), draw.size(5, 8)), draw.normal(3, 3)


def correlate(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]
