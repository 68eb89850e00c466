"""The explorer of augmentation: an image that is moved, and its boxes and masks with it."""

from d2lab.explore.shown import Shown

AUGMENTATION = (
    Shown(
        name="augmentation",
        element="d2-augmentation",
        lesson="augmentation",
        title={"en": "Augmentation with boxes and masks", "zh": "带着框和掩码的图像增广"},
        tries={
            "en": (
                "Rotate from 0 to 45 and on to 90 degrees. Where are orange boxes loosest, and where do they fit?",
                "Which digit keeps the tightest box? Compare its shape with that of the others.",
                "Shift the image until a box is cut. From which share seen on is it dropped, and what does the "
                "tight box do meanwhile?",
                "Mirror the image, and read the first row of the matrix: why is its last number 64?",
                "Zoom by 2, and compare with a crop that keeps half of the side. Where do the two matrices differ?",
            ),
            "zh": (
                "从 0° 转到 45°，再到 90°。橙框在哪里最松，在哪里又贴合了？",
                "哪个数字的框最不容易松？它的形状与另外两个有什么不同？",
                "把图挪到一个框被剪掉一部分。看见多少以下就丢掉？这时绿框怎样变？",
                "左右翻转，看矩阵第一行：最后一个数为什么是 64？",
                "放大到 2 倍，再与留下一半边长的裁剪相比：两个矩阵哪里不同？",
            ),
        },
    ),
)
