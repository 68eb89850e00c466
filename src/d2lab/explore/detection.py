"""The explorers of detection and segmentation: boxes and anchors, the features of a region, the marks of a mask."""

from d2lab.explore.shown import Shown

DETECTION = (
    Shown(
        name="boxes",
        element="d2-boxes",
        lesson="boxes",
        title={"en": "Boxes: overlap, matching, suppression", "zh": "框：重叠、匹配与抑制"},
        tries={
            "en": (
                "Two boxes: drag them apart. IoU is 0 and its arrows are gone; which way does GIoU pull?",
                "Labelling anchors: raise the threshold. Which turn into background, and which never do?",
                "Suppression, step by step: at which threshold does a second box of the same object stay?",
            ),
            "zh": (
                "两个框：把它们拖开。IoU 变成 0，箭头也没了；GIoU 往哪边拉？",
                "锚框的标签：调高阈值。哪些锚框变成背景，哪些怎么调都不会？",
                "非极大值抑制，一步一步走：阈值到多大，同一个物体会留下第二个框？",
            ),
        },
    ),
    Shown(
        name="roi",
        element="d2-roi",
        lesson="faster-and-mask",
        title={"en": "RoI pooling and RoIAlign", "zh": "兴趣区域：汇聚与对齐"},
        tries={
            "en": (
                "Move the box to the right, a quarter of a pixel at a time: when does the pooled number change, and "
                "when the aligned one?",
                "How many whole pixels does pooling read for a box of 4 by 4, and from where to where?",
                "Choose one point a cell, then 3 by 3: does the curve get smoother? Does the number of points matter "
                "more for small boxes, or for large ones?",
            ),
            "zh": (
                "把框往右移，每次四分之一像素：汇聚的数什么时候变，对齐的数什么时候变？",
                "框是 4 × 4 时，汇聚读了多少个整像素？从哪里到哪里？",
                "每格取 1 个点，再换成 3 × 3 个：曲线变平滑了吗？点的多少，对大框影响大，还是对小框？",
            ),
        },
    ),
    Shown(
        name="mask",
        element="d2-mask",
        lesson="segmentation",
        title={"en": "Paint a mask: pixel accuracy and mean IoU", "zh": "涂一张掩码：像素准确率与平均交并比"},
        tries={
            "en": (
                "All background: how many pixels are right, and what is the mean IoU?",
                "Paint one of the digits. Which of the two numbers moves more?",
                "The truth, one pixel to the right: look at the wrong pixels. Why does a stroke's IoU fall so far?",
                "Swap the classes: which number still looks good?",
            ),
            "zh": (
                "全是背景：对了多少像素，平均交并比是多少？",
                "涂好一个数字。两个数里，哪个动得多？",
                "标注右移一个像素：看看错的像素。笔画的交并比为什么掉得这么多？",
                "把两类对调：哪个数看上去还不错？",
            ),
        },
    ),
)
