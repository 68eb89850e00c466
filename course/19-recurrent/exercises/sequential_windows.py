import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def book(draw: RandomInputs):
    batch, n, offset = draw.size(2, 4), draw.size(2, 4), draw.size(0, 3)
    width = n * draw.size(1, 3) + draw.size(0, n - 1)
    return draw.integers(0, 99, offset + batch * width + 1 + draw.size(0, batch - 1)), batch, n, offset


@exercise("windows", order=2, zh="顺序分区", en="Sequential partitioning", arguments=book)
def sequential_windows(x: Tensor, batch: int, n: int, offset: int) -> list[Tensor]:
    """Cut a text into strands that are read side by side: row r goes on where row r of the batch before ended.

    把文本切成几条并排来读：每一批的第 r 行，接着上一批的第 r 行往下读。

    Args:
        x: (T,), tokens.
        batch: number of strands, all of one length. 条数，各条一样长。
        n: tokens that a batch reads of each strand. 每批在每条上读的词元数。
        offset: tokens to skip at the beginning. 开头跳过的词元数。

    Returns:
        The inputs of each batch, (batch, n); every input needs a token behind it as its target, and what does
        not fill a batch is left out. 每个输入后面都要有一个词元作目标；凑不满一批的丢掉。

    >>> sequential_windows(torch.arange(9), 2, 2, 0)
    [tensor([[0, 1],
            [4, 5]]), tensor([[2, 3],
            [6, 7]])]
    """
    raise NotImplementedError


@sequential_windows.solution(
    en="The last token is only ever a target. The rest is divided into long rows; batches are columns of n tokens, "
    "so the state can be carried from one to the next.",
    zh="最后一个词元只能当目标。其余的分成几条长行，每批取 n 列，所以隐状态可以一批一批传下去。",
)
def sequential_windows(x, batch, n, offset):
    width = (len(x) - 1 - offset) // batch
    strands = x[offset : offset + batch * width].view(batch, width)
    return [strands[:, first : first + n] for first in range(0, width - n + 1, n)]


def _columns(strands, n, ragged=False):
    width = strands.shape[1]
    return [strands[:, first : first + n] for first in range(0, width if ragged else width - n + 1, n)]


def _strands(x, batch, offset, last=1):
    width = (len(x) - last - offset) // batch
    return x[offset : offset + batch * width].view(batch, width)


@sequential_windows.mistake(
    en="Tokens were dealt out like cards: neighbors of the text stand in different rows, and no row can be read.",
    zh="词元像发牌一样轮流分到各行：相邻的词元到了不同的行，哪一行都读不通。",
)
def dealt_out(x, batch, n, offset):
    used = _strands(x, batch, offset)
    return _columns(used.reshape(-1, batch).T, n)


@sequential_windows.mistake(
    en="The last token of the text was used as an input: nothing comes after it that could be its target.",
    zh="文本的最后一个词元被当成了输入：它后面没有词元可以作目标。",
)
def last_token_read(x, batch, n, offset):
    return _columns(_strands(x, batch, offset, 0), n)


@sequential_windows.mistake(
    en="The end of the strands makes one more batch, of fewer steps: shapes that change cost speed, and were not asked for.",
    zh="各条的末尾又凑了一批，步数不够：形状忽大忽小会拖慢速度，题目也没有要。",
)
def ragged_end(x, batch, n, offset):
    return _columns(_strands(x, batch, offset), n, ragged=True)


@sequential_windows.mistake(
    en="The skipped tokens are read after all.",
    zh="该跳过的词元还是读了。",
)
def nothing_skipped(x, batch, n, offset):
    return _columns(_strands(x, batch, 0), n)


@sequential_windows.mistake(
    en="Rows and steps are exchanged: how many strands are there, and how many tokens does one step read of each?",
    zh="条数和步数对调了：一共有几条？每批在每条上读几个？",
)
def exchanged(x, batch, n, offset):
    return _columns(_strands(x, n, offset), batch)
