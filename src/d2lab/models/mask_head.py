"""Mask head: which pixels of a region belong to its object, one mask for each class."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu


class MaskHead(nn.Module):
    """Features of a region -> logits of its mask for every class, twice as many cells a side.

    It is fully convolutional: a mask keeps the layout of its region, and classes do not compete for a pixel.

    Source: He, Gkioxari, Dollar, Girshick 2017, "Mask R-CNN", figure 4 (right).
    Changed: two convolutions of few channels instead of four of 256.

    Args:
        channels: of the features.
        classes: number of classes, without background.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.enlarge = nn.ConvTranspose2d(channels, channels, 2, stride=2)
        self.out = nn.Conv2d(channels, classes, 1)

    def forward(self, regions: Float[Tensor, "roi channel side side"]) -> Float[Tensor, "roi class_ twice twice"]:
        """Return a logit for each cell and class."""
        x = relu(self.conv1(regions))  # roi channel side side
        x = relu(self.conv2(x))  # roi channel side side
        x = relu(self.enlarge(x))  # roi channel 2*side 2*side
        logits: Tensor = self.out(x)  # roi class_ 2*side 2*side
        return logits
