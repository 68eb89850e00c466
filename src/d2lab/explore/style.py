"""The explorer of style transfer: images and losses that were recorded beforehand."""

from d2lab.explore.shown import Shown

STYLE = (
    Shown(
        name="style",
        element="d2-style",
        lesson="style-transfer",
        title={"en": "Style weight over recorded images", "zh": "风格权重，预先录好的图像"},
        tries={
            "en": (
                "200 steps: walk through the style weights. Where does the pagoda stop being one?",
                "Style weight 1000: compare 5, 40 and 200 steps. Which of the three losses still changes?",
                "The right image has random weights: its style loss is often lower. Does it look better?",
            ),
            "zh": (
                "停在 200 步，把风格权重从小走到大：到哪里，宝塔就认不出来了？",
                "风格权重 1000，比较 5、40、200 步：三种损失里，还在变的是哪一种？",
                "右边的图用随机权重，风格损失往往更低：它更好看吗？",
            ),
        },
    ),
)
