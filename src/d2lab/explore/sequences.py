"""The explorers of sequences: windows of a text, hidden states, gradients through time, sampling."""

from d2lab.explore.shown import Shown

SEQUENCES = (
    Shown(
        name="windows",
        element="d2-windows",
        lesson="windows",
        title={"en": "Windows of a text, and the state between them", "zh": "文本的窗口，与窗口之间的状态"},
        tries={
            "en": (
                "Sequential partitioning: step through the batches. Each row goes on where it ended, "
                "so its state may be carried.",
                "Random sampling with the state carried: which tokens does a row's state come from, "
                "and which does the row read?",
                "Move the offset: which tokens are never an input? Why not the last one?",
            ),
            "zh": (
                "顺序分区：一批一批往后看。每一行都接着上次的地方读，所以状态可以传下去。",
                "随机采样却传状态：一行的状态来自哪些词元，这一行读的又是哪些？",
                "改变开头跳过的个数：哪些词元从不作输入？最后一个为什么也不行？",
            ),
        },
    ),
    Shown(
        name="states",
        element="d2-states",
        lesson="rnn",
        title={"en": "Hidden units over a text", "zh": "隐藏单元在读什么"},
        tries={
            "en": (
                "Type the same letter ten times: does a unit come to rest? Then a space.",
                "Choose among the units that move most: is there one that answers to spaces, or to vowels?",
                "Color by bits: which letter of a word is the hardest to predict, the first or the last?",
            ),
            "zh": (
                "同一个字母连打十遍：单元的值会停下来吗？再打一个空格。",
                "在变化最大的单元里找一找：有没有只对空格、或者只对元音起反应的？",
                "按比特数着色：一个词里哪个字母最难预测，第一个还是最后一个？",
            ),
        },
    ),
    Shown(
        name="bptt",
        element="d2-bptt",
        lesson="bptt",
        title={"en": "Backpropagation through time, step by step", "zh": "沿时间反向传播，一步一步"},
        tries={
            "en": (
                "Spectral radius 0.8, then 1.2, with 30 steps: what is left of the gradient at state 0? "
                "For a small radius, does clipping bring anything back?",
                "Go back 5 steps at most: how far does the gradient of the weights turn away from the full one?",
                "tanh with a radius of 1.2: why does the gradient grow less than the power of the radius?",
            ),
            "zh": (
                "30 步，谱半径先取 0.8，再取 1.2：回到状态 0 的梯度还剩多少？半径小的时候，裁剪能救回什么吗？",
                "最多往回走 5 步：权重的梯度和完整的相比，方向偏了多少？",
                "激活函数取 tanh、半径 1.2：为什么梯度涨得没有半径的幂那么快？",
            ),
        },
    ),
    Shown(
        name="sampling",
        element="d2-sampling",
        lesson="sampling",
        title={"en": "Sampling dials on a letter model", "zh": "字母模型的采样旋钮"},
        tries={
            "en": (
                "Temperature 0: how soon does the text repeat itself? And at 1? At 3?",
                "Temperature 2 with top-p 0.9: which letters does the dial take out that temperature had let in?",
                "Type another prompt, one letter at a time: after a q, how many letters does min-p 0.1 leave?",
            ),
            "zh": (
                "温度为 0：文字多快开始重复？取 1 呢？取 3 呢？",
                "温度取 2、top-p 取 0.9：温度放进来的字母，哪些又被挡在外面？",
                "换一个开头，一个字母一个字母地打：打完 q，min-p 取 0.1 还剩几个字母？",
            ),
        },
    ),
)
