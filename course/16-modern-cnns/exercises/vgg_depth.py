from d2lab.exercises import exercise


@exercise(
    "vgg",
    order=1,
    zh="数有权重的层",
    en="The depth of a VGG",
    arguments=lambda draw: ([draw.size(1, 4) for _ in range(draw.size(2, 6))], draw.size(1, 4)),
)
def vgg_depth(blocks: list[int], linear: int) -> int:
    """Return the number in a VGG's name: its layers with weights.

    VGG 名字里的数字：有权重的层数。

    Args:
        blocks: convolutions in each block. 每个块里的卷积数。
        linear: layers behind. 后面的线性层数。

    >>> vgg_depth([1, 1, 2, 2, 2], 3)
    11
    """
    raise NotImplementedError


@vgg_depth.solution(
    en="Convolutions and linear layers have weights, pools have none.",
    zh="卷积和线性层有权重，汇聚没有。",
)
def vgg_depth(blocks, linear):
    return sum(blocks) + linear


@vgg_depth.mistake(en="Pools were counted: they have no weights.", zh="把汇聚层也数了：它们没有权重。")
def with_pools(blocks, linear):
    return sum(blocks) + len(blocks) + linear


@vgg_depth.mistake(en="The linear layers are missing.", zh="漏了线性层。")
def convolutions_only(blocks, linear):
    return sum(blocks)


@vgg_depth.mistake(en="Blocks were counted, not the convolutions in them.", zh="数的是块，不是块里的卷积。")
def blocks_only(blocks, linear):
    return len(blocks) + linear


@vgg_depth.mistake(en="The last layer was left out: it has weights too.", zh="漏了最后一层：它也有权重。")
def without_last(blocks, linear):
    return sum(blocks) + linear - 1
