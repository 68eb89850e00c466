"""Cells: an image cut into S x S equal parts, each of which answers for the object whose center lies in it.

Source: Redmon, Divvala, Girshick, Farhadi 2016, "You Only Look Once: Unified, Real-Time Object Detection", section 2.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision.assign import NONE, real_rows
from d2lab.vision.box_form import convert_boxes
from d2lab.vision.boxes import check_boxes

Size = tuple[int, int]  # height and width of an image, pixels


@dataclass(frozen=True, slots=True, eq=False)
class CellTargets:
    """What each cell is to predict, row by row.

    Args:
        owner: which object's center lies in the cell; -1 where there is none.
        numbers: of that object, as `encode_cells` describes them; 0 where there is none.
        dropped: objects of each image that no cell answers for, because an earlier one has their cell.
    """

    owner: Int64[Tensor, "batch cell"]
    numbers: Float[Tensor, "batch cell 4"]
    dropped: Int64[Tensor, " batch"]


def cell_of(
    centers: Float[Tensor, "*shape 2"], grid: int, size: Size
) -> tuple[Int64[Tensor, "*shape"], Float[Tensor, "*shape 2"]]:
    """Return the cell in which each center lies, and where in the cell it lies.

    Cells are numbered row by row: that of row r and column c is r S + c. A center on the line between two cells belongs
    to the right or lower one; on the right or lower edge of the image, to the last.

    Args:
        centers: (x, y), pixels.
        grid: S, cells along each side.
        size: height and width of the image, pixels.

    Returns:
        Numbers of the cells, and (x, y) in units of a cell's width and height: 0 at its left and upper edge, 1 at the
        other two; outside that for a center outside the image, which belongs to the nearest cell.

    Raises:
        ConfigError: the grid or a side of the image is below 1.

    >>> cell, offset = cell_of(torch.tensor([200.0, 120.0]), 7, (448, 448))
    >>> divmod(cell.item(), 7), offset.tolist()
    ((1, 3), [0.125, 0.875])
    """
    _check(grid, size)
    place = centers * grid / centers.new_tensor([size[1], size[0]])  # ... 2, in cells
    corner = place.detach().floor().clamp(0, grid - 1)
    column, row = corner.long().unbind(-1)
    return row * grid + column, place - corner


def encode_cells(
    boxes: Float[Tensor, "batch most 4"], count: Int64[Tensor, " batch"], grid: int, size: Size, *, root: bool = True
) -> CellTargets:
    """Return the object that each cell answers for, and the four numbers it is to predict for it.

    They are (x, y, w, h): the center as `cell_of` returns it, and width and height as shares of the image's, or the
    square roots of these shares. Of several objects with their centers in one cell the first in the list has it; the
    others are dropped and counted.

    Source: Redmon et al. 2016, sections 2 and 2.2.

    Args:
        boxes: (left, top, right, bottom), pixels.
        count: rows of each image that are real; later ones are padding.
        grid: S, cells along each side.
        size: height and width of the images, pixels.
        root: square roots of the shares, so that an error of a pixel weighs more in a small box.

    Raises:
        ConfigError: the grid or a side of the image is below 1.
        DataError: boxes are no floating-point rows of four, a real one is not finite, or a count does not fit them.
    """
    check_boxes("the boxes of objects", boxes)
    _check(grid, size)
    batch, most = boxes.shape[:2]
    real = real_rows(boxes, count)
    centered = convert_boxes(boxes, "xyxy", "cxcywh").masked_fill(~real.unsqueeze(2), 0)
    cell, offset = cell_of(centered[..., :2], grid, size)  # batch most; batch most 2
    share = (centered[..., 2:] / boxes.new_tensor([size[1], size[0]])).clamp(min=0)  # batch most 2
    numbers = torch.cat([offset, share.sqrt() if root else share], 2)  # batch most 4
    number = torch.arange(most, device=boxes.device).expand(batch, -1).masked_fill(~real, most)
    first = torch.full((batch, grid * grid), most, device=boxes.device)
    first = first.scatter_reduce(1, cell, number, "amin")  # batch cell
    owner = first.masked_fill(first == most, NONE)
    padded = torch.cat([numbers, numbers.new_zeros(batch, 1, 4)], 1)  # a row of zeros for cells without an object
    chosen = padded.gather(1, first.unsqueeze(2).expand(-1, -1, 4))  # batch cell 4
    return CellTargets(owner, chosen, count.to(owner.device) - (owner >= 0).sum(1))


def decode_cells(
    numbers: Float[Tensor, "batch cell *box 4"], grid: int, size: Size, *, root: bool = True
) -> Float[Tensor, "batch cell *box 4"]:
    """Return the boxes that the numbers of each cell stand for: the inverse of `encode_cells`.

    Args:
        numbers: (x, y, w, h) of each cell, row by row, or of several boxes in each.
        grid: S, cells along each side.
        size: height and width of the images, pixels.
        root: w and h are square roots of shares of the image's sides; a negative one counts as its amount. Without
            root a negative share counts as 0.

    Returns:
        (left, top, right, bottom), pixels; they may reach out of the image.

    Raises:
        ConfigError: the grid or a side of the image is below 1.
        DataError: there are not S x S cells, or numbers are no floating-point rows of four.
    """
    check_boxes("the numbers of cells", numbers)
    _check(grid, size)
    if numbers.ndim < 3 or numbers.shape[1] != grid * grid:
        raise DataError("the numbers of cells", got=list(numbers.shape), need=f"[batch, {grid * grid}, ..., 4]")
    cells = torch.arange(grid * grid, device=numbers.device)
    corner = torch.stack([cells % grid, cells // grid], 1).to(numbers)  # cell 2: column and row
    corner = corner.view(-1, *[1] * (numbers.ndim - 3), 2)  # cell 1 2
    frame = numbers.new_tensor([size[1], size[0]])
    center = (corner + numbers[..., :2]) * frame / grid
    share = numbers[..., 2:].square() if root else numbers[..., 2:].clamp(min=0)
    return convert_boxes(torch.cat([center, share * frame], -1), "cxcywh", "xyxy")


def _check(grid: int, size: Size) -> None:
    if grid < 1 or min(size) < 1:
        need = "1 or more cells along a side, images of 1 or more pixels"
        raise ConfigError("grid and size of cells", got=(grid, *size), need=need)
