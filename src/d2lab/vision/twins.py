"""The table of twins: code of ours beside torch's or torchvision's, on ordinary inputs and on those that careless code fails.

Rows of boxes are left out where torchvision is not installed, for only this comparison needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import mse_loss

from d2lab.core.reference import CLOSE, Row, relative_difference, slowdown
from d2lab.vision import box_form, iou, region, style_loss, suppress
from d2lab.vision.box_loss import GIoULoss

FLOAT = torch.float64
BOXES = 300  # of a comparison
TIMED_BOXES = 1_000
Drawn = tuple[Any, ...]  # arguments: tensors first


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionTwin:
    """A function of ours and the library's, compared on the same arguments: values, and the gradient of the first."""

    name: str
    source: str
    ours: Callable[..., Tensor]
    theirs: str | Callable[..., Tensor]  # its name in torchvision.ops, or torch's own way
    inputs: Callable[[Generator, int], Drawn]  # so many boxes or pixels, in float64
    options: tuple[Any, ...] = ()  # arguments that follow
    differentiable: bool = False
    rtol: float = CLOSE
    why: str = ""

    def reference(self, *given: Any) -> Tensor:  # noqa: ANN401
        """Compute the library's answer."""
        if not isinstance(self.theirs, str):
            return self.theirs(*given, *self.options)
        from torchvision import ops

        return getattr(ops, self.theirs)(*given, *self.options)  # type: ignore[no-any-return]

    def mine(self, *given: Any) -> Tensor:  # noqa: ANN401
        """Compute our answer."""
        return self.ours(*given, *self.options)

    def difference(self) -> float:
        """Return the largest relative difference of values and gradients, in float64."""
        given = self.inputs(Generator().manual_seed(1), BOXES)
        found = relative_difference(self.mine(*given), self.reference(*given))
        if not self.differentiable:
            return found
        return max(found, relative_difference(_gradient(self.mine, given), _gradient(self.reference, given)))

    def slowdown(self) -> float:
        """Return our time for 1,000 boxes in float32, divided by the library's."""
        drawn = self.inputs(Generator().manual_seed(1), TIMED_BOXES)
        given = tuple(x.float() if isinstance(x, Tensor) and x.is_floating_point() else x for x in drawn)
        return slowdown(lambda: self.mine(*given), lambda: self.reference(*given))


def _gradient(function: Callable[..., Tensor], given: Drawn) -> Tensor:
    leaf = given[0].clone().requires_grad_()
    output = function(leaf, *given[1:])
    marks = torch.cos(torch.arange(output.numel(), dtype=FLOAT)).view_as(output)  # tells elements apart
    gradient: Tensor = torch.autograd.grad((output * marks).sum(), leaf)[0]
    return gradient


def spread_boxes(draw: Generator, count: int) -> Tensor:
    """Draw boxes of 1 to 41 pixels anywhere in an image of 100 x 100 pixels.

    Args:
        draw: decides where.
        count: of boxes.
    """
    low = 100 * torch.rand(count, 2, generator=draw, dtype=FLOAT)
    return torch.cat([low, low + 1 + 40 * torch.rand(count, 2, generator=draw, dtype=FLOAT)], 1)


def clustered_boxes(draw: Generator, count: int) -> Tensor:
    """Draw boxes that crowd around one object for every twenty of them.

    Args:
        draw: decides where.
        count: of boxes.
    """
    objects = spread_boxes(draw, max(1, count // 20))
    which = torch.randint(len(objects), (count,), generator=draw)
    low, high = torch.split(objects[which] + 0.3 * torch.randn(count, 4, generator=draw, dtype=FLOAT), 2, 1)
    return torch.cat([low, torch.maximum(low + 0.1, high)], 1)


def whole_boxes(draw: Generator, count: int) -> Tensor:
    """Draw boxes of whole pixels that touch, contain and equal one another.

    Args:
        draw: decides where.
        count: of boxes.
    """
    low = torch.randint(8, (count, 2), generator=draw)
    return torch.cat([low, low + torch.randint(1, 6, (count, 2), generator=draw)], 1).to(FLOAT)


def _matched(draw: Generator, count: int) -> Drawn:
    """Draw predicted boxes and targets: far apart, one within the other, and others; no edge of one is on the other's."""
    corners = (10 * torch.rand(2, count // 3, 3, 2, 2, generator=draw, dtype=FLOAT)).sort(-2).values
    predicted, targets = corners.flatten(-2)  # row 3 4
    targets[:, 1] += 100
    targets[:, 2] = predicted[:, 2] + torch.tensor([-1, -1, 1, 1])
    return predicted, targets


def _meeting(draw: Generator, count: int) -> Drawn:
    """Draw predicted boxes and targets where a derivative has several values: equal, touching, without area."""
    corners = (10 * torch.rand(2, count // 3, 3, 2, 2, generator=draw, dtype=FLOAT)).sort(-2).values
    predicted, targets = corners.flatten(-2)  # row 3 4
    targets[:, 0] = predicted[:, 0]
    predicted[:, 1] = predicted[:, 1].round() + torch.tensor([0, 0, 1, 1])
    targets[:, 1] = predicted[:, 1, [2, 1, 2, 3]] + torch.tensor([0, 0, 3, 0])
    targets[:, 2, 2:] = targets[:, 2, :2]
    return predicted, targets


def giou_loss(boxes: Tensor, targets: Tensor, reduction: str, _eps: float) -> Tensor:
    """Compute `GIoULoss` as a function; the library's eps is 0, of which ours has no need.

    Source: Rezatofighi et al. 2019, "Generalized Intersection over Union", algorithm 2.
    """
    loss: Tensor = GIoULoss(reduction)(boxes, targets)
    return loss


def _pairs(boxes: Callable[[Generator, int], Tensor]) -> Callable[[Generator, int], Drawn]:
    return lambda draw, count: (boxes(draw, count), boxes(draw, count // 2))


def _scored(boxes: Callable[[Generator, int], Tensor], classes: int = 0) -> Callable[[Generator, int], Drawn]:
    def drawn(draw: Generator, count: int) -> Drawn:
        found = boxes(draw, count), torch.rand(count, generator=draw, dtype=FLOAT)
        return (*found, torch.randint(classes, (count,), generator=draw)) if classes else found

    return drawn


def _regions(draw: Generator, count: int) -> Drawn:
    features = torch.randn(2, 3, 19, 23, generator=draw, dtype=FLOAT)
    image = torch.randint(2, (count, 1), generator=draw).to(FLOAT)
    low = torch.rand(count, 2, generator=draw, dtype=FLOAT) * 110 - 10  # some begin outside the map of 92 x 76
    return features, torch.cat([image, low, low + 60 * torch.rand(count, 2, generator=draw, dtype=FLOAT)], 1)


def _row(
    name: str,
    ours: Callable[..., Tensor],
    inputs: Callable[[Generator, int], Drawn],
    **more: Any,  # noqa: ANN401
) -> FunctionTwin:
    """Build a row; the source is that of the docstring, the library's function the name up to the colon."""
    _, _, rest = (ours.__doc__ or "").partition("Source: ")
    source = " ".join(rest.split("\n\n")[0].split()).split(" Twin:")[0].split(" Changed:")[0].rstrip(".")
    more = {"theirs": name.partition(":")[0], **more}
    return FunctionTwin(name=name, source=source or "definition", ours=ours, inputs=inputs, **more)


def _maps(draw: Generator, count: int) -> Drawn:
    """Draw feature maps of two images with a mean far from 0."""
    return (3 + torch.randn(2, 5, count // 20, 7, generator=draw, dtype=FLOAT),)


def _map_pairs(draw: Generator, count: int) -> Drawn:
    return *_maps(draw, count), *_maps(draw, count)


def _maps_and_gram(draw: Generator, count: int) -> Drawn:
    return *_maps(draw, count), _gram(*_maps(draw, count + 40))  # of another size


def _gram(features: Tensor) -> Tensor:
    return torch.einsum("bihw,bjhw->bij", features, features) / features[0].numel()


def _variation(images: Tensor, reduction: str) -> Tensor:
    down, across = images.diff(dim=2).abs(), images.diff(dim=3).abs()
    return down.sum() + across.sum() if reduction == "sum" else down.mean() / 2 + across.mean() / 2


STYLE = [
    _row("gram_matrix", style_loss.gram_matrix, _maps, theirs=_gram, differentiable=True),
    _row("content_loss", style_loss.content_loss, _map_pairs, theirs=mse_loss, differentiable=True),
    _row("style_loss", style_loss.style_loss, _maps_and_gram, theirs=lambda x, gram: mse_loss(_gram(x), gram), differentiable=True),
    _row("total_variation", style_loss.total_variation, _maps, theirs=_variation, options=("sum",), differentiable=True),
    _row("total_variation: mean", style_loss.total_variation, _maps, theirs=_variation, options=("mean",), differentiable=True),
]  # fmt: skip
FORMS = [
    _row(f"box_convert: {before} to {after}", box_form.convert_boxes, lambda d, n: (spread_boxes(d, n),), options=(before, after), differentiable=True)
    for before, after in (("xyxy", "cxcywh"), ("cxcywh", "xyxy"), ("xywh", "xyxy"), ("xyxy", "xywh"), ("xywh", "cxcywh"))
]  # fmt: skip
OVERLAPS = [
    _row("box_iou", iou.box_iou, _pairs(spread_boxes), differentiable=True),
    _row("box_iou: touching, inside, equal", iou.box_iou, _pairs(whole_boxes)),
    _row("generalized_box_iou", iou.generalized_box_iou, _pairs(spread_boxes), differentiable=True),
    _row("generalized_box_iou: touching, inside, equal", iou.generalized_box_iou, _pairs(whole_boxes)),
]
LOSSES = [
    _row("generalized_box_iou_loss", giou_loss, _matched, options=("none", 0.0), differentiable=True),
    _row("generalized_box_iou_loss: mean", giou_loss, _matched, options=("mean", 0.0), differentiable=True),
    _row("generalized_box_iou_loss: equal, touching, of no area", giou_loss, _meeting, options=("none", 0.0)),
]
SUPPRESSIONS = [
    _row("nms", suppress.nms, _scored(clustered_boxes), options=(0.5,)),
    _row("nms: few overlap", suppress.nms, _scored(spread_boxes), options=(0.5,)),
    _row("nms: an IoU of the threshold", suppress.nms, _scored(whole_boxes), options=(0.5,)),
    _row("batched_nms", suppress.batched_nms, _scored(clustered_boxes, 5), options=(0.5,)),
]
REGIONS = [
    _row("roi_pool", region.roi_pool, _regions, options=((3, 4), 0.25), differentiable=True),
    _row("roi_pool: cells without a pixel", region.roi_pool, _regions, options=(9, 0.05), differentiable=True),
    _row("roi_align", region.roi_align, _regions, options=((3, 4), 0.25, 2, True), differentiable=True),
    _row("roi_align: points by size", region.roi_align, _regions, options=((3, 2), 0.25, -1, True), differentiable=True),
    _row("roi_align: not aligned", region.roi_align, _regions, options=(2, 0.25), differentiable=True),
]  # fmt: skip
TABLES = (FORMS, OVERLAPS, LOSSES, SUPPRESSIONS, REGIONS)
TWINS: list[Row] = [*STYLE, *(row for table in TABLES for row in table if find_spec("torchvision"))]
