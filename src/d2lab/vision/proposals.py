"""Region proposals without learning: pixels of like color merge into segments, and every segment is a region.

This is what R-CNN looked at before networks proposed regions. Beside it stand what any method has to beat: boxes at
random and windows that slide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Generator, Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.layers.arguments import check_counts
from d2lab.vision.color import to_unit
from d2lab.vision.iou import paired_iou

Pairs = Int64[Tensor, "2 pair"]
SPREAD = 0x9E3779B97F4A7C15 - 2**64  # odd: multiplied by it, numbers of 64 bits change places and look random


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """Regions of each image that may hold an object; rows beyond the count are 0.

    Args:
        boxes: (left, top, right, bottom), pixels.
        count: how many rows of each image are real.
    """

    boxes: Float[Tensor, "batch most 4"]
    count: Int64[Tensor, " batch"]


class Segments(NamedTuple):
    """Sets of connected pixels: single pixels first, then what each merging made, in the order of the mergings."""

    box: Float[Tensor, "segment 4"]  # the smallest around its pixels
    pixels: Float[Tensor, " segment"]
    cost: Float[Tensor, " segment"]  # of merging it with its neighbor, as then happened; infinite for a whole image
    image: Int64[Tensor, " segment"]


def color_proposals(
    images: Shaped[Tensor, "batch channel height width"], most: int = 100, *, shortest: float | int = 6
) -> Proposals:
    """Propose the boxes of segments of like color, those first that stand out most from what is around them.

    Neighboring segments merge, the most similar first, until an image is one segment (see `merge_by_color`). A segment
    stands out whose color is far from that of the neighbor that it merged with: they are ranked by the cost of that for
    each of their pixels. A box is proposed once.

    Source: Uijlings, van de Sande, Gevers, Smeulders 2013, "Selective Search for Object Recognition", section 3.
    Changed: segments begin as single pixels; color and size alone decide; segments are ranked by how much they stand
        out, instead of by their place in the hierarchy times a random number.
    Cost: some thirty rounds for a batch of images of 64 pixels a side, which all merge at once.

    Args:
        images: bytes or numbers from 0 to 1.
        most: proposals of an image.
        shortest: side of a box in pixels, below which a segment is no proposal.

    Raises:
        ConfigError: `most` is below 1.
        DataError: the images are not four-dimensional or not finite.
    """
    check_counts("color_proposals", most=most)
    segments = merge_by_color(images)
    sides = segments.box[:, 2:] - segments.box[:, :2]
    large = (sides >= shortest).all(1) & segments.cost.isfinite()
    box, image, contrast = segments.box[large], segments.image[large], (segments.cost / segments.pixels)[large]
    order = contrast.argsort(descending=True, stable=True)
    order = order[image[order].argsort(stable=True)]  # image by image, best first
    return _pack(box[order], image[order], len(images), most)


def merge_by_color(images: Shaped[Tensor, "batch channel height width"]) -> Segments:
    """Merge neighboring segments of like color, from single pixels to whole images; return all segments on the way.

    Merging A and B costs |A| |B| / (|A| + |B|) times the squared distance of their mean colors: how much the squared
    error of "every pixel has the color of its segment" grows. So small segments merge before large ones. In each round
    all pairs merge that are each other's cheapest neighbor, in all images at once.

    Source: Uijlings et al. 2013, "Selective Search for Object Recognition", algorithm 1; cost: Ward 1963, "Hierarchical
        Grouping to Optimize an Objective Function"; rounds: Murtagh 1983, "A Survey of Recent Advances in Hierarchical
        Clustering Algorithms", reciprocal nearest neighbors.

    Args:
        images: bytes or numbers from 0 to 1.

    Raises:
        DataError: the images are not four-dimensional or not finite.
    """
    if images.ndim != 4 or not min(images.shape[1:]):
        raise DataError("images", got=list(images.shape), need="[batch, channel, height, width]")
    pixels = to_unit(images).float()
    if not bool(pixels.isfinite().all()):
        raise DataError("images", got=math.nan, need="finite numbers")
    return _Merging(pixels).run()


def random_boxes(
    count: int, height: int, width: int, generator: Generator, *, shortest: float | int = 6
) -> Float[Tensor, "count 4"]:
    """Draw boxes whose sides and places are uniformly distributed within an image.

    Args:
        count: how many.
        height: of the image, pixels.
        width: of the image, pixels.
        generator: what they are drawn from.
        shortest: side of a box, pixels.

    Raises:
        ConfigError: the count is below 1, or the shortest side does not fit into the image.
    """
    check_counts("random_boxes", count=count)
    if not 0 <= shortest <= min(height, width):
        raise ConfigError("shortest", got=shortest, need=f"0 to {min(height, width)} pixels")
    size = torch.tensor([width, height], dtype=torch.float32)
    sides = shortest + (size - shortest) * torch.rand(count, 2, generator=generator)
    corner = (size - sides) * torch.rand(count, 2, generator=generator)
    return torch.cat([corner, corner + sides], 1)


def sliding_windows(
    count: int, height: int, width: int, sizes: Sequence[float | int], ratio: float | int = 1
) -> Float[Tensor, "window 4"]:
    """Return at most so many windows on regular grids that cover the image, about as many of each size.

    Args:
        count: how many, one of each size at least.
        height: of the image, pixels.
        width: of the image, pixels.
        sizes: square roots of the windows' areas, pixels.
        ratio: width over height.

    Raises:
        ConfigError: the count is below the number of sizes, or a window does not fit into the image.
    """
    if not len(sizes) or count < len(sizes):
        raise ConfigError("sliding_windows", got=(count, sizes), need="one size or more, and a window for each")
    windows = []
    for size in sizes:
        sides = (size * math.sqrt(ratio), size / math.sqrt(ratio))
        if not (0 < sides[0] <= width and 0 < sides[1] <= height):
            raise ConfigError("the size of a window", got=sides, need=f"within {width} x {height} pixels")
        columns = max(1, round(math.sqrt(count / len(sizes))))
        rows = max(1, count // len(sizes) // columns)
        x, y = torch.linspace(0, width - sides[0], columns), torch.linspace(0, height - sides[1], rows)
        y, x = torch.meshgrid(y, x, indexing="ij")
        corner = torch.stack([x.flatten(), y.flatten()], 1)
        windows.append(torch.cat([corner, corner + torch.tensor(sides)], 1))
    return torch.cat(windows)


def recall_by_number(
    proposals: Float[Tensor, "batch proposal 4"],
    found: Int64[Tensor, " batch"],
    boxes: Float[Tensor, "batch most 4"],
    count: Int64[Tensor, " batch"],
    threshold: float = 0.5,
) -> Float[Tensor, " proposal"]:
    """Return the share of objects that the first 1, 2, 3 ... proposals of their image overlap by the threshold or more.

    Source: Hosang, Benenson, Dollar, Schiele 2016, "What Makes for Effective Detection Proposals?", section 4.

    Args:
        proposals: of each image, best first.
        found: how many rows of them are real.
        boxes: of the objects.
        count: how many rows of them are real.
        threshold: IoU, above 0.

    Raises:
        ConfigError: the threshold is not above 0, or there is no object.
    """
    if not 0 < threshold <= 1:
        raise ConfigError("threshold", got=threshold, need="above 0 and at most 1, an IoU")
    real = torch.arange(boxes.shape[1]) < count.cpu().unsqueeze(1)
    if not bool(real.any()):
        raise ConfigError("the objects", got=0, need="one or more")
    overlap = paired_iou(proposals.unsqueeze(2), boxes.to(proposals.dtype).unsqueeze(1)).cpu()  # batch proposal object
    beyond = torch.arange(proposals.shape[1]) >= found.cpu().unsqueeze(1)
    best = overlap.masked_fill(beyond.unsqueeze(2), 0).cummax(1).values
    return (best.transpose(1, 2)[real] >= threshold).float().mean(0)


def _pack(box: Float[Tensor, "region 4"], image: Int64[Tensor, " region"], batch: int, most: int) -> Proposals:
    """Return the first boxes of each image, each box once."""
    same = torch.cat([image.unsqueeze(1).to(box.dtype), box], 1)
    _, group = same.unique(dim=0, return_inverse=True)  # type: ignore[no-untyped-call]
    place = torch.arange(len(box), device=box.device)
    first = torch.full_like(place, len(box)).scatter_reduce(0, group, place, "amin")
    new = first[group] == place
    box, image = box[new], image[new]
    counts = torch.bincount(image, minlength=batch)
    row = torch.arange(len(box), device=box.device) - (counts.cumsum(0) - counts)[image]
    fits = row < most
    boxes = box.new_zeros(batch, most, 4)
    boxes[image[fits], row[fits]] = box[fits]
    return Proposals(boxes, counts.clamp(max=most))


class _Merging:
    """The state of a merging: colors and boxes of the segments that are left, and pairs of neighbors."""

    def __init__(self, pixels: Float[Tensor, "batch channel height width"]) -> None:
        batch, channels, height, width = pixels.shape
        self.each, self.count = height * width, batch * height * width  # pixels
        number = torch.arange(self.count, device=pixels.device).view(batch, height, width)
        across = torch.stack([number[:, :, :-1].flatten(), number[:, :, 1:].flatten()])
        down = torch.stack([number[:, :-1].flatten(), number[:, 1:].flatten()])
        self.pairs = torch.cat([across, down], 1)  # 2 pair, the lower number first
        self.total = pixels.permute(0, 2, 3, 1).reshape(-1, channels).contiguous()  # sum of the colors
        self.size = self.total.new_ones(self.count)
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        self.box = torch.stack([x, y, x + 1, y + 1], 2).reshape(-1, 4).to(self.total).repeat(batch, 1)
        self.image = torch.arange(batch, device=pixels.device).repeat_interleave(height * width)
        self.entry = torch.arange(self.count, device=pixels.device)  # of each segment in the list of all
        self.cost = self.size.new_full((2 * self.count,), math.inf)  # of each entry; less than two to a pixel
        self.list = [Segments(self.box.clone(), self.size.clone(), self.cost[: self.count], self.image)]

    def run(self) -> Segments:
        """Merge until no segment has a neighbor."""
        while self.pairs.shape[1]:
            self._round()
        every = Segments(*(torch.cat(parts) for parts in zip(*self.list, strict=True)))
        return every._replace(cost=self.cost[: len(every.cost)])

    def _round(self) -> None:
        """Merge all pairs that are each other's cheapest neighbor, into the segment of the lower number."""
        cost = self._costs()
        chosen = self._mutual(cost)
        (first, second), cost = self.pairs[:, chosen], cost[chosen]
        self.cost[self.entry[first]] = self.cost[self.entry[second]] = cost
        self.total[first] += self.total[second]
        self.size[first] += self.size[second]
        one, other = self.box[first], self.box[second]
        self.box[first] = torch.cat(
            [torch.minimum(one[:, :2], other[:, :2]), torch.maximum(one[:, 2:], other[:, 2:])], 1
        )
        known = sum(len(part.image) for part in self.list)
        self.entry[first] = known + torch.arange(len(first), device=first.device)
        self.list.append(Segments(self.box[first], self.size[first], cost, self.image[first]))
        self._rename(first, second)

    def _costs(self) -> Float[Tensor, " pair"]:
        """Return what it costs to merge each pair of neighbors."""
        first, second = self.pairs
        mean = self.total / self.size.unsqueeze(1)
        apart = (mean[first] - mean[second]).square().sum(1)
        return apart * self.size[first] * self.size[second] / (self.size[first] + self.size[second])

    def _mutual(self, cost: Float[Tensor, " pair"]) -> Int64[Tensor, " chosen"]:
        """Return the pairs that are the cheapest of both their segments; of equally cheap ones any, always the same."""
        ends = self.pairs.flatten()
        best = cost.new_full((self.count,), math.inf).scatter_reduce(0, ends, cost.repeat(2), "amin")
        tied = (cost == best[self.pairs]).all(0).nonzero().flatten()
        ends = self.pairs[:, tied]
        low, high = ends % self.each  # numbers within the image: the same whatever images are beside it
        key = (low * self.each + high) * SPREAD
        least = torch.full_like(self.entry, 2**63 - 1).scatter_reduce(0, ends.flatten(), key.repeat(2), "amin")
        return tied[(key == least[ends]).all(0)]

    def _rename(self, first: Tensor, second: Tensor) -> None:
        """Let neighbors of the second be those of the first; forget pairs within a segment, and those there twice."""
        name = torch.arange(self.count, device=first.device)
        name[second] = first
        low, high = name[self.pairs].sort(0).values
        code = (low * self.count + high)[low != high].unique()
        self.pairs = torch.stack([code // self.count, code % self.count])
