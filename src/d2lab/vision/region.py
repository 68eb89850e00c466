"""Regions of interest: the features of a box, as a grid of fixed size, whatever the size of the box."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.layers.arguments import check_counts, pair

Features = Float[Tensor, "batch channel height width"]
Rois = Float[Tensor, "roi 5"] | list[Float[Tensor, "_ 4"]]
Pooled = Float[Tensor, "roi channel rows columns"]
VALUES = 2**24  # gathered at once: 64 MiB in float32


def roi_pool(input: Features, boxes: Rois, output_size: int | tuple[int, int], spatial_scale: float = 1.0) -> Pooled:
    """Cut each box into a grid of cells and return the maximum of each cell and channel.

    The box is rounded to whole pixels of the feature map (both ends included) and so are its cells, which therefore
    overlap by a line where sides do not divide; the result jumps when a box moves over the middle of a pixel. A cell
    without a pixel is 0; of equal pixels the first gets the gradient.

    Source: Girshick 2015, "Fast R-CNN", section 2.1; rounding: its code.
    Twin: torchvision.ops.roi_pool.

    Args:
        input: feature maps.
        boxes: rows (index of the image, left, top, right, bottom), or a list with the boxes of each image.
        output_size: rows and columns of the grid.
        spatial_scale: pixels of the feature map for one unit of the boxes, such as 1/16.

    Raises:
        ConfigError: a size or the scale is not above 0.
        DataError: boxes are not finite, turned round, or of an image that is not there.

    >>> roi_pool(torch.arange(16.0).view(1, 1, 4, 4), torch.tensor([[0.0, 0, 0, 20, 20]]), 2, 0.1).flatten().tolist()
    [5.0, 6.0, 9.0, 10.0]
    """
    image, corners, (rows, columns) = _checked("roi_pool", input, boxes, output_size, spatial_scale)
    x1, y1, x2, y2 = _rounded(corners).unbind(1)
    row_cells = _cells(y1, y2, rows, input.shape[2])
    column_cells = _cells(x1, x2, columns, input.shape[3])
    longest = [int((end - begin).max()) if len(image) else 1 for begin, end in (row_cells, column_cells)]
    row_taps, column_taps = _taps(*row_cells, longest[0]), _taps(*column_cells, longest[1])
    pixels = input.permute(0, 2, 3, 1).contiguous()  # batch height width channel: a pixel's channels lie together
    values = rows * columns * row_taps.shape[2] * column_taps.shape[2] * input.shape[1]
    parts = []
    for part in torch.split(torch.arange(len(image), device=input.device), max(1, VALUES // max(1, values))):
        y, x = row_taps[part][:, :, None, :, None], column_taps[part][:, None, :, None, :]
        picked = pixels[image[part].view(-1, 1, 1, 1, 1), y, x]  # roi row column tap tap channel
        parts.append(picked.flatten(3, 4).max(3).values)
    empty = (row_cells[1] <= row_cells[0]).unsqueeze(2) | (column_cells[1] <= column_cells[0]).unsqueeze(1)
    return torch.cat(parts).masked_fill(empty.unsqueeze(3), 0).permute(0, 3, 1, 2)


def roi_align(
    input: Features,
    boxes: Rois,
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
) -> Pooled:
    """Cut each box into a grid of cells and return the mean of points in each cell, bilinear between pixels.

    Nothing is rounded, so the result glides with the box. Both the points of a cell and bilinear interpolation are
    products of a row and a column part: the result is Y F X^T with one matrix of weights along each axis, and has
    gradients with respect to the features and to the boxes. Points more than a pixel outside the map count as 0.

    Source: He, Gkioxari, Dollar, Girshick 2017, "Mask R-CNN", section 3, "RoIAlign"; aligned: the code of Detectron2.
    Twin: torchvision.ops.roi_align, which has no gradient with respect to the boxes.
    Cost: rows x height x width multiplications for each box and channel: small maps gain, large maps lose.

    Args:
        input: feature maps.
        boxes: rows (index of the image, left, top, right, bottom), or a list with the boxes of each image.
        output_size: rows and columns of the grid.
        spatial_scale: pixels of the feature map for one unit of the boxes, such as 1/16.
        sampling_ratio: points of a cell along each axis; 0 or less: as many as it has pixels, rounded up.
        aligned: a pixel's value is at its center (x + 0.5), as our boxes have it; otherwise at its corner, and a box
            is at least one pixel long.

    Raises:
        ConfigError: a size or the scale is not above 0.
        DataError: boxes are not finite, turned round, or of an image that is not there.
    """
    image, corners, (rows, columns) = _checked("roi_align", input, boxes, output_size, spatial_scale)
    x1, y1, x2, y2 = corners.unbind(1)
    along_rows = _point_weights(y1, y2, rows, input.shape[2], sampling_ratio, aligned)  # roi rows height
    along_columns = _point_weights(x1, x2, columns, input.shape[3], sampling_ratio, aligned)  # roi columns width
    if torch.compiler.is_exporting():  # how many boxes each image has is not known then: every box gets its own map
        reduced = torch.einsum("rph,rchw->rpcw", along_rows, input[image])
        return torch.einsum("rpcw,rqw->rcpq", reduced, along_columns)
    order = image.argsort(stable=True)
    counts = torch.bincount(image, minlength=len(input)).tolist()
    at_once = max(1, VALUES // max(1, rows * input.shape[1] * input.shape[3]))
    parts = [input[:0, :, :1, :1].expand(0, -1, rows, columns)]  # no box has a gradient too, of 0
    for features, members in zip(input, torch.split(order, counts), strict=True):
        for part in torch.split(members, at_once):
            reduced = torch.einsum("rph,chw->rpcw", along_rows[part], features)
            parts.append(torch.einsum("rpcw,rqw->rcpq", reduced, along_columns[part]))
    return torch.cat(parts)[order.argsort()]


def _checked(
    name: str, input: Features, boxes: Rois, output_size: int | tuple[int, int], spatial_scale: float
) -> tuple[Int64[Tensor, " roi"], Float[Tensor, "roi 4"], tuple[int, int]]:
    """Return the image of each box, its corners in pixels of the feature map, and the size of the grid."""
    size = pair(output_size)
    check_counts(name, output_size=size)
    if not 0 < spatial_scale < float("inf"):
        raise ConfigError(f"{name}.spatial_scale", got=spatial_scale, need="above 0")
    if not isinstance(boxes, Tensor):
        if len(boxes) != len(input):
            raise DataError("the boxes", got=f"{len(boxes)} lists", need=f"one for each of {len(input)} images")
        numbers = [part.new_full((len(part), 1), float(image)) for image, part in enumerate(boxes)]
        rows = [torch.cat(pair_, 1) for pair_ in zip(numbers, boxes, strict=True)]
        boxes = torch.cat([input.new_zeros(0, 5), *rows])
    if boxes.ndim != 2 or boxes.shape[1] != 5:
        need = "[roi, 5]: index of the image, left, top, right, bottom; or a list with [box, 4] for each image"
        raise DataError("the boxes", got=list(boxes.shape), need=need)
    image, corners = boxes[:, 0], boxes[:, 1:].to(input.dtype) * spatial_scale
    if torch.compiler.is_exporting():
        return image.long(), corners, (size[0], size[1])  # an exported file can't look at numbers and refuse them
    if not bool(((image >= 0) & (image < len(input)) & (image == image.floor())).all()):
        raise DataError("the images of boxes", got=image.tolist(), need=f"numbers from 0 to {len(input) - 1}")
    if not bool((corners.isfinite().all(1) & (corners[:, :2] <= corners[:, 2:]).all(1)).all()):
        need = "finite (left, top, right, bottom) with left <= right and top <= bottom"
        raise DataError("the boxes", got="some that are turned round or not finite", need=need)
    return image.long(), corners, (size[0], size[1])


def _rounded(numbers: Tensor) -> Tensor:
    """Round, halves away from 0; torch rounds them to even."""
    whole = numbers.abs().floor()
    return numbers.sign() * (whole + (numbers.abs() - whole >= 0.5))


def _cells(first: Tensor, last: Tensor, count: int, pixels: int) -> tuple[Tensor, Tensor]:
    """Return where each of `count` cells of a box begins and ends (end not included), clipped to the map."""
    step = ((last - first + 1) / count).unsqueeze(1)
    cell = torch.arange(count, device=first.device, dtype=first.dtype)
    begin, end = (cell * step).floor(), ((cell + 1) * step).ceil()
    begin, end = ((place + first.unsqueeze(1)).clamp(0, pixels).long() for place in (begin, end))
    return begin, end


def _taps(begin: Tensor, end: Tensor, longest: int) -> Int64[Tensor, "roi cell tap"]:
    """List the pixels of each cell; shorter cells name their last pixel again, which changes no maximum."""
    place = begin.unsqueeze(2) + torch.arange(max(1, longest), device=begin.device)
    return torch.minimum(place, (end - 1).unsqueeze(2)).clamp(min=0)


def _point_weights(
    begin: Tensor, end: Tensor, cells: int, pixels: int, ratio: int, aligned: bool
) -> Float[Tensor, "roi cell pixel"]:
    """Return how much each pixel of a line counts in the mean of each cell's points."""
    begin, end = (begin - 0.5, end - 0.5) if aligned else (begin, end)
    length = end - begin if aligned else (end - begin).clamp(min=1)
    step = (length / cells).view(-1, 1, 1)
    points = torch.full_like(step, ratio) if ratio > 0 else step.detach().ceil()
    most = ratio if ratio > 0 else int(points.max()) if len(points) else 1
    divisor = points.clamp(min=1)
    point = torch.arange(max(1, most), device=begin.device, dtype=begin.dtype)
    cell = torch.arange(cells, device=begin.device, dtype=begin.dtype).view(1, -1, 1)
    place = begin.view(-1, 1, 1) + cell * step + (point + 0.5) * step / divisor  # roi cell point
    counted = (place >= -1) & (place <= pixels) & (point < points)
    pixel = torch.arange(pixels, device=begin.device, dtype=begin.dtype)
    weights = (1 - (place.clamp(0, pixels - 1).unsqueeze(3) - pixel).abs()).clamp(min=0)  # roi cell point pixel
    return (weights * counted.unsqueeze(3)).sum(2) / divisor
