"""The scenes, with the class of each pixel: the photo is background, the ink of a digit its class."""

import dataclasses

from d2lab.data.sets.scenes import CARD as SCENES

CARD = dataclasses.replace(
    SCENES,
    name="scenes-pixels",
    task="segmentation",
    en="The scenes, with the class of each pixel: background, or the digit whose ink it is; no download.",
    zh="与 scenes 相同的图片，标注每个像素的类别：背景，或该处笔迹所属的数字，无需下载。",
    classes=("background", *SCENES.classes),
)
