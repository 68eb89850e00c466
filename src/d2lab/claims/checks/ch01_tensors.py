"""Chapter 1: tensors, and the memory behind them."""

import torch

from d2lab import layers
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence


@claim(
    chapter=1,
    kind="definition",
    en="Shapes, reshaping, joining, broadcasting and indexing of tensors work as the notes show.",
    zh="张量的形状、变形、拼接、广播与索引都如笔记所示。",
)
def tensor_operations_behave_as_shown() -> Evidence:
    x = torch.arange(12)
    table = x.reshape(3, 4)
    other = torch.tensor([[2, 1, 4, 3], [1, 2, 3, 4], [4, 3, 2, 1]])
    column, row = torch.arange(3).reshape(3, 1), torch.arange(2).reshape(1, 2)
    written = table.clone()
    written[0:2, :] = 12
    shown = {
        "shape": x.shape == (12,) and x.numel() == 12,
        "a side that is found": x.reshape(-1, 4).equal(table) and x.reshape(3, -1).equal(table),
        "joined below": torch.cat((table, other), dim=0).shape == (6, 4),
        "joined beside": torch.cat((table, other), dim=1)[0].tolist() == [0, 1, 2, 3, 2, 1, 4, 3],
        "compared": (table == other)[0].tolist() == [False, True, False, True],
        "broadcast": (column + row).tolist() == [[0, 1], [1, 2], [2, 3]],
        "last row": table[-1].tolist() == [8, 9, 10, 11],
        "some rows": table[1:3].equal(torch.arange(4, 12).reshape(2, 4)),
        "written": written.sum().item() == 8 * 12 + 8 + 9 + 10 + 11,
        "one entry": float(torch.tensor([3.5])) == 3.5,
    }
    failed = [name for name, true in shown.items() if not true]
    return Evidence(
        value={"failed": len(failed), "shown": len(shown)},
        bound="0 failed",
        verdict="does not hold" if failed else "holds",
        n=len(shown),
        counterexample=", ".join(failed),
        why_en="Of {shown} small examples {failed} came out otherwise; broadcasting repeats axes of length 1, "
        "and reshaping keeps the order of the entries.",
        why_zh="{shown} 个小例子中有 {failed} 个结果不符；广播会复制长度为 1 的轴，变形不改变元素的次序。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="A batch of images is laid out as batch, width, height, channel.",
    zh="一批图像的各轴依次是批量、宽度、高度、通道。",
)
def image_batches_end_with_their_channels() -> Evidence:
    images = torch.rand(2, 3, 20, 28)
    refused = 0
    moved = set()
    for convolution in (layers.Conv2d(3, 4, (5, 1)), torch.nn.Conv2d(3, 4, (5, 1))):
        with torch.no_grad():
            shape = convolution(images).shape  # three channels become four, the height loses four rows
        moved.add((shape.index(4), shape.index(16)))
        try:
            convolution(images.permute(0, 3, 2, 1))
        except (RuntimeError, ValueError):
            refused += 1
    (channel, height) = max(moved)
    otherwise = moved == {(1, 2)} and refused == 2
    return Evidence(
        value={"channel": channel, "height": height, "refused": refused},
        bound="channel axis 3 and height axis 2, counted from 0, for the convolutions of d2lab and torch",
        verdict="does not hold" if otherwise else "holds",
        n=2,
        counterexample="a convolution of 3 channels refuses shape (2, 28, 20, 3)" if otherwise else "",
        why_en="torch wants batch, channel, height, width: the channel is axis {channel}, and {refused} of 2 "
        "convolutions refuse the other order, for they look for their input channels there.",
        why_zh="torch 的次序是批量、通道、高度、宽度：通道在第 {channel} 轴（从 0 数起），卷积层在那里找输入通道，"
        "所以两个卷积中有 {refused} 个拒绝了笔记里的次序。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="Writing into a tensor keeps its memory, binding the name to a sum takes new memory; "
    "numpy() shares the numbers and torch.tensor copies them.",
    zh="原地写入不换内存，而把变量名重新绑定到求和结果会分配新内存；numpy() 共享数据，torch.tensor 则复制数据。",
)
def in_place_operations_keep_the_memory() -> Evidence:
    x, y, z = torch.ones(3, 4), torch.ones(3, 4), torch.zeros(3, 4)
    places = {"x": x.data_ptr(), "y": y.data_ptr(), "z": z.data_ptr()}
    z[:] = x + y
    x += y
    y = y + x
    array = x.numpy()
    copied = torch.tensor(array)
    array[0, 0] = 7
    facts = {
        "z[:] = x + y": z.data_ptr() == places["z"],
        "x += y": x.data_ptr() == places["x"],
        "y = y + x": y.data_ptr() != places["y"],
        "x.numpy()": x[0, 0].item() == 7,
        "torch.tensor(array)": copied[0, 0].item() == 2,
    }
    failed = [name for name, true in facts.items() if not true]
    return Evidence(
        value={"failed": len(failed), "facts": len(facts)},
        bound="0 failed, by the address of the numbers and by writing through one name and reading the other",
        verdict="does not hold" if failed else "holds",
        n=len(facts),
        counterexample=", ".join(failed),
        why_en="An operator without assignment makes a tensor before the name is bound to it, so the old numbers still "
        "occupy their place: {failed} of {facts} cases differ. Python's id() names the object, data_ptr() the numbers.",
        why_zh="运算符先造出新张量再绑定变量名，此时旧数据仍占着原处：{facts} 种情形中有 {failed} 种不符。"
        "id() 指的是 Python 对象，data_ptr() 指的才是数据。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="A reshaped tensor is another view of the same numbers.",
    zh="变形得到的张量只是同一份数据的另一个视图。",
    scope="tensors whose entries lie in order (contiguous)",
)
def reshaping_shares_the_numbers() -> Evidence:
    table = torch.arange(6.0).reshape(2, 3)
    table.reshape(3, 2)[0, 0] = -1
    shared = int(table[0, 0].item() == -1)
    table.T.reshape(6)[1] = -2  # entry (1, 0) of the table, read down the columns
    turned = int(table[1, 0].item() == -2)
    return Evidence(
        value={"shared": shared, "turned": turned},
        bound="1: what is written through the reshaped tensor is read in the first one",
        verdict="does not hold" if not shared else "holds" if turned else "holds in scope",
        n=2,
        counterexample="" if turned else "torch.arange(6).reshape(2, 3).T.reshape(6) is a copy",
        why_en="A view is an offset and a stride for each axis. After a transpose no stride visits the entries in the "
        "new order, so reshape copies without a warning; view() raises an error.",
        why_zh="视图只由起点和各轴步长决定。转置之后没有哪个步长能按新次序走遍元素，reshape 便不加提示地复制数据；"
        "view() 则会报错。",
    )
