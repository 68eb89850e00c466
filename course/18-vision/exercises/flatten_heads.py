import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def outputs_of_levels(draw: RandomInputs):
    batch, channels = draw.size(2, 3), draw.size(2, 4)
    return ([draw.normal(batch, channels, rows, rows + draw.size(1, 2)) for rows in (4, 2, 1)],)


@exercise("ssd", order=2, zh="把各层的输出排成一行", en="One row of all levels", arguments=outputs_of_levels)
def flatten_heads(heads: list[Tensor]) -> Tensor:
    """Put what the heads of all levels predict into one row for each image.

    把各层预测头的输出，按图像各排成一行。

    Levels in the given order; within a level cell after cell, row by row; all channels of a cell together.
    各层按给出的次序；一层之内逐行、逐个单元；同一单元的所有通道排在一起。

    Args:
        heads: one (batch, channels, rows, columns) a level. 每层一个，(批量, 通道, 行, 列)。

    Returns:
        (batch, all the numbers of an image). (批量, 一张图像的所有数)。

    >>> cells = torch.tensor([[[[1, 2]], [[3, 4]]]])  # 1 image, 2 channels, 1 row, 2 columns
    >>> flatten_heads([cells, torch.tensor([[[[5]], [[6]]]])])
    tensor([[1, 3, 2, 4, 5, 6]])
    """
    raise NotImplementedError


@flatten_heads.solution(
    en="Anchors are listed cell by cell, so the channels, which hold the anchors of one cell, must come last before the "
    "axes are joined. `permute` renames the axes and takes every number along; `reshape` alone would leave the numbers where "
    "they are and mix cells.",
    zh="锚框是逐个单元排列的，而一个单元的锚框都在通道里，所以合并各轴之前，先要把通道移到最后。`permute` 调换轴，数跟着走；"
    "只用 `reshape`，数留在原处，不同单元就混在了一起。",
)
def flatten_heads(heads):
    return torch.cat([head.permute(0, 2, 3, 1).flatten(1) for head in heads], 1)


@flatten_heads.mistake(
    en="The numbers of a cell are apart: channels were not moved to the end before the axes were joined. A `reshape` does "
    "not move them.",
    zh="同一单元的数被拆开了：合并之前，没有把通道移到最后。`reshape` 不会移动它们。",
)
def reshaped_alone(heads):
    return torch.cat([head.flatten(1) for head in heads], 1)


@flatten_heads.mistake(
    en="The cells of a level stand column by column: which of the two axes varies faster?",
    zh="一层的单元是逐列排的：行和列，哪个该变得快？",
)
def column_by_column(heads):
    return torch.cat([head.permute(0, 3, 2, 1).flatten(1) for head in heads], 1)


@flatten_heads.mistake(
    en="The levels stand in reverse: what is predicted would belong to other levels' anchors.",
    zh="各层的次序反了：预测会对到别的层的锚框上。",
)
def levels_reversed(heads):
    return torch.cat([head.permute(0, 2, 3, 1).flatten(1) for head in heads[::-1]], 1)


@flatten_heads.mistake(
    en="The images of the batch were joined too: the first axis must stay.",
    zh="把一批里的图像也连在了一起：第一个轴要留着。",
)
def batch_joined(heads):
    return torch.cat([head.permute(0, 2, 3, 1).flatten(0) for head in heads])


@flatten_heads.mistake(
    en="Only the last level is there: each overwrote the one before.",
    zh="只剩最后一层：每一层都覆盖了前一层。",
)
def last_level_alone(heads):
    for head in heads:
        row = head.permute(0, 2, 3, 1).flatten(1)
    return row
