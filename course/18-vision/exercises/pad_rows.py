import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def images_of_boxes(draw: RandomInputs):
    return ([sorted_boxes(draw, count) for count in (draw.size(1, 2), 0, draw.size(3, 4))],)


@exercise("matching", order=3, zh="把框填充成一批", en="Boxes of a batch", arguments=images_of_boxes)
def pad_rows(images: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Put the boxes of several images into one tensor, filled up with zeros, and count the real ones.

    把几张图像的框放进一个张量，用零填满，并数出真实的框。

    Args:
        images: for each a tensor (n, 4); n differs and may be 0. 每张图像一个 (n, 4)，n 各不相同，可以为 0。

    Returns:
        (batch, most, 4), real boxes first; (batch,) how many are real. 真实的框在前；各图像真实框的个数。

    >>> boxes, count = pad_rows([torch.ones(1, 4), torch.zeros(0, 4), 2 * torch.ones(2, 4)])
    >>> boxes.shape, boxes[0, 1].tolist(), count.tolist()
    (torch.Size([3, 2, 4]), [0.0, 0.0, 0.0, 0.0], [1, 0, 2])
    """
    raise NotImplementedError


@pad_rows.solution(
    en="A batch is one tensor, so all images get the rows of the fullest one. The count says where padding begins; an "
    "image without objects has 0, and stays in the batch.",
    zh="一批是一个张量，所以每张图像的行数都取最多的那张。计数说明填充从哪里开始；没有物体的图像计数为 0，照样留在批里。",
)
def pad_rows(images):
    count = torch.tensor([len(boxes) for boxes in images])
    padded = torch.zeros(len(images), int(count.max()), 4)
    for row, boxes in zip(padded, images, strict=True):
        row[: len(boxes)] = boxes
    return padded, count


def _count(images):
    return torch.tensor([len(boxes) for boxes in images])


def _padded(images, most, where=lambda row, boxes: slice(0, len(boxes))):
    padded = torch.zeros(len(images), int(most), 4)
    for row, boxes in zip(padded, images, strict=True):
        row[where(row, boxes)] = boxes[:most]
    return padded


@pad_rows.mistake(
    en="The image without objects was left out: it teaches when to be silent, and its row must stay.",
    zh="没有物体的图像被丢掉了：它教模型何时不出声，那一行要留着。",
)
def empty_left_out(images):
    some = [boxes for boxes in images if len(boxes)]
    return _padded(some, _count(some).max()), _count(some)


@pad_rows.mistake(
    en="The real boxes stand at the end: they are asked first.",
    zh="真实的框放在了最后：题目要它们在前。",
)
def at_the_end(images):
    count = _count(images)
    return _padded(images, count.max(), lambda row, boxes: slice(len(row) - len(boxes), len(row))), count


@pad_rows.mistake(
    en="There is a row more than the fullest image needs.",
    zh="行数比最多的那张图像还多一行。",
)
def a_row_more(images):
    return _padded(images, _count(images).max() + 1), _count(images)


@pad_rows.mistake(
    en="The count is that of all rows, padding included: then nothing says which boxes are real.",
    zh="计数把填充的行也算上了：这样就分不出哪些框是真的。",
)
def all_rows_counted(images):
    most = _count(images).max()
    return _padded(images, most), most.repeat(len(images))


@pad_rows.mistake(
    en="The last box was repeated where zeros were asked: an object would count several times.",
    zh="该填零的地方重复了最后一个框：同一个物体会被数好几次。",
)
def last_repeated(images):
    padded, count = _padded(images, _count(images).max()), _count(images)
    for row, boxes in zip(padded, images, strict=True):
        if len(boxes):
            row[len(boxes) :] = boxes[-1]
    return padded, count
