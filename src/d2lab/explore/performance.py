"""The explorers of performance: what limits an operation, and how a grid of multipliers works."""

from d2lab.explore.shown import Shown

PERFORMANCE = (
    Shown(
        name="roofline",
        element="d2-roofline",
        lesson="roofline",
        title={"en": "The roofline: which limit binds an operation", "zh": "屋顶线：运算受什么限制"},
        tries={
            "en": (
                "Double all sides of a product, from 1 on. Which limit binds first, and which at the end? Which shape "
                "makes bandwidth the limit?",
                "Set n to 1: a matrix times a vector. Does any size reach the ridge?",
                "Add two matrices instead of multiplying them. Why does the point never move to the right?",
                "Change float32 for bfloat16 on either machine: the point moves, and on one of them the roof, too.",
            ),
            "zh": (
                "矩阵乘法从边长 1 开始不断加倍：先受什么限制，最后受什么限制？什么形状才受带宽限制？",
                "把 n 设成 1，就是矩阵乘向量。有没有哪个大小能到拐点？",
                "把乘法换成相加，点为什么怎么也不往右移？",
                "在两台机器上分别把 float32 换成 bfloat16：点动了；其中一台，屋顶也动了。",
            ),
        },
    ),
    Shown(
        name="systolic",
        element="d2-systolic",
        lesson="systolic",
        title={"en": "A systolic array, clock by clock", "zh": "脉动阵列，一个周期一个周期地看"},
        tries={
            "en": (
                "Step through the clocks: a number moves right, a sum moves down. Where do they meet?",
                "One row through 4 × 4 cells: how often does each cell work? Then eight rows.",
                "On the chip, how many rows does it take for a use of a half?",
                "Weights of 128, then of 129: the rows stay the same, and the use falls to about a quarter. Why?",
            ),
            "zh": (
                "一个周期一个周期地走：数往右移，和往下移。它们在哪里相遇？",
                "一行流过 4 × 4 格，每格干几次活？再改成八行。",
                "在芯片上，要多少行才用到一半？",
                "权重的边长从 128 改成 129：行数没变，利用率却掉到四分之一左右，为什么？",
            ),
        },
    ),
)
