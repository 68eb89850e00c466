"""The explorers of semantic segmentation: how a feature map is enlarged."""

from d2lab.explore.shown import Shown

SEGMENTATION = (
    Shown(
        name="transposed",
        element="d2-transposed",
        lesson="transposed-convolution",
        title={"en": "Transposed convolution, one input at a time", "zh": "转置卷积，一次一个输入"},
        tries={
            "en": (
                "Step through the inputs: each lays down its multiple of the kernel. Which places get more than one?",
                "Stride 2 with a kernel of 2, then of 3: count the kernels on each place. With which sides of a kernel "
                "is the number the same everywhere inside?",
                "Raise the padding: the output gets smaller. Why, when padding makes that of a convolution larger?",
                "The other way: stretch the input by zeros and convolve. Are all outputs the same as before?",
            ),
            "zh": (
                "一步一步放下四个输入：每个放下自己倍数的核。哪些位置不止放了一个？",
                "步幅 2，核的边长先取 2，再取 3：看每处放了几个核。边长取多少，里面各处才一样多？",
                "加大填充，输出反而变小。卷积的填充让输出变大，这里为什么相反？",
                "换一种算法：用零撑开输入，再做卷积。输出处处都和刚才一样吗？",
            ),
        },
    ),
)
