"""The explorers of several devices: an all-reduce round a ring, and a pipeline of stages."""

from d2lab.explore.shown import Shown

PARALLEL = (
    Shown(
        name="pipeline",
        element="d2-pipeline",
        lesson="parallel",
        title={"en": "A pipeline of stages and micro-batches", "zh": "流水线：段与微批量"},
        tries={
            "en": (
                "One micro-batch on 4 stages: which share of all ticks idles? How many micro-batches until it is below "
                "a fifth?",
                "Change GPipe for 1F1B: the bubble stays. What does not?",
                "1F1B with 4 stages: does stage 0 ever hold more than 4 micro-batches, however many there are?",
            ),
            "zh": (
                "4 段、1 个微批量：闲着的拍占多少？微批量要多到几个，才降到五分之一以下？",
                "把 GPipe 换成 1F1B：气泡没有变，变的是什么？",
                "4 段的 1F1B：不论有多少个微批量，段 0 留着的会超过 4 个吗？",
            ),
        },
    ),
    Shown(
        name="ring",
        element="d2-ring",
        lesson="all-reduce",
        title={"en": "Ring all-reduce, step by step", "zh": "环形全归约，一步一步"},
        tries={
            "en": (
                "Play it with 4 processes: after which step does each process hold one complete chunk, and which?",
                "From 2 to 8 processes: how much more does each send round the ring? And the server?",
                "Make the gradient tiny: why does the ring lose its lead, and what does its time grow with then?",
                "Slow the link 0 → 1 down by 10: which of the two suffers more, and why?",
            ),
            "zh": (
                "4 个进程，播放一遍：走到第几步，每个进程有了一块完整的和？是哪一块？",
                "进程从 2 加到 8：环上每个进程多发多少？中心呢？",
                "把梯度调得很小：环为什么不再领先？这时它的时间随什么增长？",
                "让链路 0 → 1 慢 10 倍：环和中心，哪个受害更深？为什么？",
            ),
        },
    ),
)
