"""Forms of boxes: which four numbers stand for a rectangle, and in which unit; every conversion states both by name."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_choice
from d2lab.vision.boxes import check_boxes

Form = Literal["xyxy", "xywh", "cxcywh", "relative-xyxy", "relative-xywh", "relative-cxcywh"]
FORMS: tuple[str, ...] = get_args(Form)
RELATIVE = "relative-"
Boxes = Float[Tensor, "... 4"]


def convert_boxes(boxes: Boxes, from_form: Form, to_form: Form, *, size: tuple[int, int] | None = None) -> Boxes:
    """Convert boxes from one form to another.

    "xyxy" is left, top, right, bottom (Pascal VOC, torchvision); "xywh" is left, top, width, height (COCO); "cxcywh" is
    center, width, height. These are in pixels; with "relative-" before the name x is a share of the image's width and y
    of its height ("relative-cxcywh" is YOLO's). An image of w x h pixels covers [0, w] x [0, h].

    Twin: torchvision.ops.box_convert, which knows no relative forms.

    Args:
        boxes: of any leading shape.
        from_form: what they are.
        to_form: what they shall be.
        size: height and width of the image, pixels; needed between pixels and shares.

    Raises:
        ConfigError: a form is unknown, or the size of the image is missing or below 1.
        DataError: the boxes are no floating-point rows of four.

    >>> convert_boxes(torch.tensor([10.0, 10.0, 30.0, 50.0]), "xyxy", "cxcywh").tolist()
    [20.0, 30.0, 20.0, 40.0]
    """
    check_choice("from_form", from_form, FORMS)
    check_choice("to_form", to_form, FORMS)
    check_boxes("the boxes", boxes)
    if from_form.startswith(RELATIVE) != to_form.startswith(RELATIVE):
        boxes = _rescaled(boxes, size, f"{from_form} to {to_form}", shrink=to_form.startswith(RELATIVE))
    before, after = from_form.removeprefix(RELATIVE), to_form.removeprefix(RELATIVE)
    return boxes if before == after else _from_corners(_to_corners(boxes, before), after)


def _rescaled(boxes: Boxes, size: tuple[int, int] | None, what: str, *, shrink: bool) -> Boxes:
    """Divide x by the width and y by the height of the image, or multiply; the same in every form."""
    if size is None or min(size) < 1:
        need = "height and width of the image, each 1 pixel or more"
        raise ConfigError(f"the size, to convert {what}", got=size, need=need)
    sides = boxes.new_tensor([size[1], size[0], size[1], size[0]])
    return boxes / sides if shrink else boxes * sides


def _to_corners(boxes: Boxes, form: str) -> Boxes:
    if form == "xyxy":
        return boxes
    x, y, width, height = boxes.unbind(-1)
    if form == "xywh":
        return torch.stack([x, y, x + width, y + height], -1)
    return torch.stack([x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height], -1)


def _from_corners(corners: Boxes, form: str) -> Boxes:
    if form == "xyxy":
        return corners
    x1, y1, x2, y2 = corners.unbind(-1)
    if form == "xywh":
        return torch.stack([x1, y1, x2 - x1, y2 - y1], -1)
    return torch.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], -1)
