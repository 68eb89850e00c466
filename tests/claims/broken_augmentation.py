"""A mistake for each claim about augmentation."""

QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "augmentation-is-a-regularizer": ("n * noise**2 * torch.eye", "noise**2 * torch.eye"),
    "augmentation-keeps-the-distribution": ("mirrored = images.flip(3)", "mirrored = images.clone()"),
    "mixup-blends-images-and-labels-alike": ("loss - shares * one - (1 - shares) * other", "loss - one"),
    "scale-and-ratio-are-ranges-of-area-and-proportion": ("boxes[:, 3] / boxes[:, 2]", "boxes[:, 3] / side"),
}
SLOW: dict[str, tuple[str, str, dict]] = {  # and sizes at which the verdict is still the recorded one
    "augmentation-improves-generalization": (
        'accuracy["copies, moved"], accuracy["plain, moved"]',
        'accuracy["plain, moved"], accuracy["copies, moved"]',
        {"seeds": range(3), "epochs": 10},
    ),
    "any-change-will-do-as-augmentation": ("few.flip(3)", "few", {"seeds": range(3)}),
}
