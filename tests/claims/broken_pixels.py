"""A mistake for each claim about pixels: segmentation, transposed convolution, FCN, style."""

FEW = {"seeds": range(3)}
QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "three-kinds-of-segmentation-differ": (
        "torch.tensor(COLORS[color]), 1, number",
        "torch.tensor(COLORS[color]), 1, 1",
    ),
    "voc2012-has-a-color-for-each-of-21-classes": ("palette[: len(VOC_CLASSES)]", "palette[1 : 1 + len(VOC_CLASSES)]"),
    "cropping-keeps-pixels-and-labels-together": (
        "labels[top : top + 32, left : left + 48]",
        "labels[top : top + 32, left : left + 48].flip(1)",
    ),
    "tools-for-masks-come-and-go": ("encode_runs(drawn)", "encode_runs(~drawn)"),
    "transposed-convolution-upsamples": ("torch.zeros(1, 1, 4, 4), stride=2, padding=1)", "torch.zeros(1, 1, 4, 4))"),
    "transposed-convolution-restores-size-not-values": (
        "back = functional.conv_transpose2d(small, kernel)",
        "back = image.clone()",
    ),
    "transposed-convolution-multiplies-by-the-transpose": (
        "matrix.T @ upstream",
        "torch.linalg.pinv(matrix) @ upstream",
    ),
    "conv-transpose2d-is-the-loop-by-hand": (
        "+= SQUARE[0, 0, row, column] * SQUARE[0, 0]",
        "= SQUARE[0, 0, row, column] * SQUARE[0, 0]",
    ),
    "transposed-padding-removes-a-border": ("(SQUARE, SQUARE, stride=2)", "(SQUARE, SQUARE.mT, stride=2)"),
    "both-convolutions-are-products-of-matrices": ("kernels.flatten(1) @", "kernels.flip(1).flatten(1) @"),
    "transposed-convolution-is-a-convolution": (
        "input, ours.weight, ours.bias,",
        "input, ours.weight.flip(2, 3), ours.bias,",
    ),
    "fcn-predicts-every-pixel": ("2 * times, stride=times, padding=times // 2", "2 * times, stride=times, padding=0"),
    "children-lists-submodules-in-order-of-registration": (
        "self.last, self.first = nn.Linear(2, 1), nn.Linear(3, 2)",
        "self.first, self.last = nn.Linear(3, 2), nn.Linear(2, 1)",
    ),
    "kernel-2s-stride-s-padding-half-s-enlarges-s-times": ("2 * times, stride=times", "times, stride=times"),
    "transposed-convolution-can-begin-as-bilinear": ("align_corners=False", "align_corners=True"),
    "add-module-registers-a-layer-by-name": (
        'model.add_module("final_conv", nn.Linear(12, 2))',
        'object.__setattr__(model, "final_conv", nn.Linear(12, 2))',
    ),
    "style-transfer-adds-three-losses": (
        "zip(weights, single, strict=True)",
        "zip(weights, single[::-1], strict=True)",
    ),
    "only-the-image-learns-in-style-transfer": (
        "model = features_of(0)\n",
        "model = features_of(0).requires_grad_()\n",
    ),
    "gram-matrix-keeps-no-places": ("[..., order].view_as(features)", "[..., order].abs().view_as(features)"),
}
SLOW: dict[str, tuple[str, str, dict]] = {  # and sizes at which the verdict is still the recorded one
    "depth-makes-segmentation-simpler": (
        "torch.cat([colors, depths], 2)",
        "torch.cat([colors, depths.flip(1)], 2)",
        FEW,
    ),
    "content-loss-brings-content-features-close": ('"style": (0.0, 1.0)', '"style": (1.0, 0.0)', FEW),  # no rival
    "style-loss-brings-style-features-close": (
        "for _ in range(steps):\n        transfer()",
        "for _ in range(1):\n        transfer()",
        FEW,
    ),
    "total-variation-reduces-noise": ("weight * total_variation(image)", "0 * total_variation(image)", FEW),
}
