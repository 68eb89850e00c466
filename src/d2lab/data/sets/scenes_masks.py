"""The scenes, with a mask of each digit beside its box."""

import dataclasses

from d2lab.data.sets.scenes import CARD as SCENES

CARD = dataclasses.replace(
    SCENES,
    name="scenes-masks",
    en="The scenes, and which pixels belong to each digit: masks of the objects beside their boxes.",
    zh="与 scenes 相同，另附每个数字的像素掩码（实例掩码）。",
    like="scenes",
    masks=True,
)
