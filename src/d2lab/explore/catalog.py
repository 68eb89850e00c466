"""The explorers by name: the element that shows each, what to try, and the lesson that it belongs to."""

from d2lab.explore.augmentation import AUGMENTATION
from d2lab.explore.detection import DETECTION
from d2lab.explore.parallel import PARALLEL
from d2lab.explore.performance import PERFORMANCE
from d2lab.explore.segmentation import SEGMENTATION
from d2lab.explore.sequences import SEQUENCES
from d2lab.explore.shift import SHIFT
from d2lab.explore.shown import Shown
from d2lab.explore.style import STYLE

_ALL = (
    Shown(
        name="convolution",
        element="d2-convolution",
        lesson="cross-correlation",
        title={"en": "Convolution, step by step", "zh": "卷积，一步一步"},
        tries={
            "en": (
                "Put the focus on the output and walk with the arrow keys: the window moves over the input, "
                "and the sum below shows every product.",
                "Which padding keeps the size of the image for a kernel of 3? And with dilation 2?",
                "Take two input channels: two kernels, and still one output.",
            ),
            "zh": (
                "把焦点放到输出上，用方向键走一走：窗口在输入上跟着移动，下面写出每一个乘积。",
                "核的边长是 3，填充多少才能保持大小？空洞取 2 时呢？",
                "改成两个输入通道：核有两个，输出还是一幅。",
            ),
        },
    ),
    Shown(
        name="pooling",
        element="d2-pooling",
        lesson="pooling",
        title={"en": "Pooling", "zh": "汇聚"},
        tries={
            "en": (
                "Maximum and mean over the same window: which one survives when one pixel changes?",
                "With a stride below the window, windows overlap.",
            ),
            "zh": ("同一个窗口，取最大值和取平均：改动一个像素，哪个变得少？", "步幅小于窗口，窗口就会重叠。"),
        },
    ),
    Shown(
        name="receptive-field",
        element="d2-receptive-field",
        lesson="receptive-field",
        title={"en": "Receptive field through a stack", "zh": "逐层看感受野"},
        tries={
            "en": (
                "Stack three layers of kernel 3 and stride 1; then give the first a stride of 2.",
                "Dilation widens the field and leaves gaps: pixels inside that have no say.",
            ),
            "zh": (
                "叠三层核 3、步幅 1；再把第一层的步幅改成 2。",
                "空洞让感受野变宽，也留下空隙：有些像素在范围之内，却不起作用。",
            ),
        },
    ),
    Shown(
        name="activations",
        element="d2-activations",
        lesson="activations",
        title={"en": "Activations and depth: vanish and explode", "zh": "激活函数与深度：消失与爆炸"},
        tries={
            "en": (
                "Sigmoid, 20 layers: almost no gradient reaches the input. How far does a larger initialization help?",
                "ReLU: find the initialization at which the signal keeps its size. He's theory says √2.",
                "tanh with a large initialization: the signal stays near 1 and the gradient explodes or vanishes.",
            ),
            "zh": (
                "sigmoid，20 层：传回输入的梯度几乎为零。初始化放大，能救回来多少？",
                "ReLU：找出让信号大小不变的初始化。理论（He）说是 √2。",
                "tanh 配很大的初始化：信号停在 1 附近，梯度却爆炸或消失。",
            ),
        },
    ),
    Shown(
        name="fitting",
        element="d2-fitting",
        lesson="approximation",
        title={"en": "Under- and overfitting", "zh": "欠拟合与过拟合"},
        tries={
            "en": (
                "Degree 1, then 3, then 12: training error only falls, test error comes back.",
                "At degree 12 add points until the two errors meet; or leave the points and raise weight decay.",
                "Dropout on the powers, averaged over all masks, is a penalty on each power: "
                "weight decay that knows the sizes of the features.",
            ),
            "zh": (
                "次数取 1、3、12：训练误差一路下降，测试误差又升了回来。",
                "次数 12 时不断加数据，直到两个误差靠拢；或者不加数据，调大权重衰减。",
                "对各次幂做 dropout，对所有掩码取平均，就等于给每个幂加一项惩罚：好像会看特征大小的权重衰减。",
            ),
        },
    ),
    Shown(
        name="softmax",
        element="d2-softmax",
        lesson="overflow",
        title={"en": "Softmax, temperature and overflow", "zh": "softmax、温度与溢出"},
        tries={
            "en": (
                "Turn the temperature down: softmax becomes argmax. Turn it up: all alike.",
                "Add 100 to all scores: the probabilities should not change, and single precision overflows.",
                "Add −150: all exponentials are 0, and 0 / 0 is nan.",
            ),
            "zh": (
                "温度调低，softmax 变成 argmax；温度调高，各类一样多。",
                "给所有得分加 100：概率不该变，单精度却溢出了。",
                "加 −150：指数全是 0，0 / 0 得到 nan。",
            ),
        },
    ),
    Shown(
        name="descent",
        element="d2-descent",
        lesson="batch-size",
        title={"en": "Batch size and learning rate on a loss surface", "zh": "损失面上的批大小与学习率"},
        tries={
            "en": (
                "Batch 64 goes straight, batch 1 takes a noisy path; both reach the same valley.",
                "Raise the rate until it diverges. Then make the valley narrower: the limit falls.",
                "Momentum 0.9 in a narrow valley: it overshoots, and it arrives sooner.",
            ),
            "zh": (
                "批大小 64 走得直，批大小 1 的路径噪声很大；最后都到同一个谷底。",
                "调大学习率直到发散，再把谷变窄：能用的学习率也变小了。",
                "窄谷里加 0.9 的动量：会冲过头，却到得更早。",
            ),
        },
    ),
    Shown(
        name="batch-norm",
        element="d2-batch-norm",
        lesson="mlp",
        title={"en": "Batch normalization: training against test", "zh": "批量归一化：训练与测试"},
        tries={
            "en": (
                "One training step: the running mean has hardly moved, and test outputs are far off.",
                "Batches of 2: the same example gets another output in every batch.",
                "Momentum 1 keeps only the last batch.",
            ),
            "zh": (
                "只训练一步：滑动均值几乎没动，测试时的输出差得很远。",
                "每批只有 2 个样本：同一个样本在不同的批里输出不同。",
                "动量为 1，只记得最后一批。",
            ),
        },
    ),
    Shown(
        name="depth",
        element="d2-depth",
        lesson="approximation",
        title={"en": "Residual against plain, deeper and deeper", "zh": "残差与普通，越来越深"},
        tries={
            "en": (
                "60 layers, initialization 1: the plain model's gradient falls by many powers of ten; "
                "the residual one's does not.",
                "Raise the factor of the branch to 1: the residual model explodes. A shortcut alone "
                "keeps nothing in bounds.",
            ),
            "zh": (
                "60 层、初始化取 1：普通网络的梯度小了好多个数量级，残差网络没有。",
                "把支路的系数调到 1：残差网络爆炸了。单靠捷径并不能管住大小。",
            ),
        },
    ),
    *SHIFT,
    *SEQUENCES,
    *PARALLEL,
    *AUGMENTATION,
    *DETECTION,
    *SEGMENTATION,
    *STYLE,
    *PERFORMANCE,
    Shown(
        name="model",
        element="d2-net",
        lesson="inside-lenet",
        title={"en": "LeNet on a digit that you draw", "zh": "LeNet 看你写的数字"},
        tries={
            "en": (
                "Draw a digit with pointer, finger or keyboard; every layer is computed here, in your browser.",
                "Choose conv1, then walk over its map: window, kernel and sum of each pixel.",
                "Shift the digit to a corner: the maps shift with it, and the answer may not survive.",
                "For a model of your own: `d2lab explore RUN`.",
            ),
            "zh": (
                "用鼠标、手指或键盘写一个数字；每一层都在你的浏览器里现算。",
                "选 conv1，在它的图上走一走：每个像素的窗口、核与求和。",
                "把数字挪到角上：特征图跟着挪，答案却不一定还对。",
                "想看你自己的网络：`d2lab explore RUN`。",
            ),
        },
    ),
)
EXPLORERS = {one.name: one for one in _ALL}
