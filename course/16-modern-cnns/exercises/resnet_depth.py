from d2lab.exercises import exercise


@exercise(
    "resnet",
    order=3,
    zh="ResNet 的层数",
    en="The depth of a ResNet",
    arguments=lambda draw: ([draw.size(1, 8) for _ in range(4)], draw.boolean()),
)
def resnet_depth(blocks: list[int], bottleneck: bool) -> int:
    """Return the number in a ResNet's name: first convolution, the blocks' convolutions (two each, three with a bottleneck), last linear layer.

    ResNet 名字里的数字：第一个卷积、各块的卷积（每块两个，瓶颈块三个）、最后的线性层。

    Args:
        blocks: in each stage.
        bottleneck: whether blocks have three convolutions.

    >>> resnet_depth([2, 2, 2, 2], False), resnet_depth([3, 4, 6, 3], True)
    (18, 50)
    """
    raise NotImplementedError


@resnet_depth.solution(
    en="The blocks' convolutions, and one layer at either end.",
    zh="块里的卷积，加上头尾各一层。",
)
def resnet_depth(blocks, bottleneck):
    return sum(blocks) * (3 if bottleneck else 2) + 2


@resnet_depth.mistake(en="The first and the last layer are missing.", zh="漏了第一层和最后一层。")
def ends_missing(blocks, bottleneck):
    return sum(blocks) * (3 if bottleneck else 2)


@resnet_depth.mistake(
    en="The convolutions of the shortcuts were counted: by custom they are not.",
    zh="把捷径上的卷积也数了：习惯上不数。",
)
def with_shortcuts(blocks, bottleneck):
    return sum(blocks) * (3 if bottleneck else 2) + 2 + len(blocks) - 1


@resnet_depth.mistake(en="A bottleneck has three convolutions.", zh="瓶颈块有三个卷积。")
def always_two(blocks, bottleneck):
    return sum(blocks) * 2 + 2


@resnet_depth.mistake(en="Blocks were counted.", zh="数的是块。")
def counted_blocks(blocks, bottleneck):
    return sum(blocks) + 2
