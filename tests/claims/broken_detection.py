"""A mistake for each claim about boxes, anchors, suppression, SSD and losses."""

FEW = {"seeds": range(5)}
QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "iou-is-the-shared-area-over-the-covered-area": ("(line < boxes[:, 2, None])", "(line <= boxes[:, 2, None])"),
    "detection-labels-are-padded-rows-of-five": ("max(map(len, rows)), 5), -1.0,", "max(map(len, rows)), 5), 0.0,"),
    "corner-error-tells-how-well-a-box-fits": ("torch.tensor([0.1, 0.8]", "torch.tensor([0.8, 0.8]"),
    "an-anchor-and-an-offset-give-the-box": ("decode_boxes(anchors, offsets)", "decode_boxes(boxes, offsets)"),
    "sizes-and-ratios-make-n-plus-m-minus-one-anchors": ("12 * (n + m - 1)", "12 * n * m"),
    "anchor-width-is-the-image-width-times-size-and-root-of-ratio": (
        "RATIOS[:1]).double",
        'RATIOS[:1], formula="text").double',
    ),
    "each-anchor-has-a-class-and-an-offset": ("torch.tensor([[0, 1]])", "torch.tensor([[1, 0]])"),
    "greedy-matching-gives-every-object-an-anchor": ("left[row], left[:, column] = -1, -1", "left[row] = -1"),
    "greedy-matching-has-the-largest-sum": ("hungarian_matching(tables))", "greedy_matching(tables))"),
    "minibatches-need-equally-many-boxes": ("drawn_rows(1, 4, 0, 2)", "drawn_rows(2, 2, 2, 2)"),
    "padded-rows-are-ignored-by-the-books-rule": ("iou.clamp(min=1e-9)", "iou"),
    "nms-keeps-the-best-of-boxes-that-overlap": ("iou[box, better] <= LIMIT", "iou[box, better] <= 0.6"),
    "nms-is-over-all-classes-or-within-each": ("torch.tensor([0, 1, 0])", "torch.tensor([0, 0, 0])"),
    "what-nms-keeps-follows-from-boxes-and-scores": ("torch.tensor([0.5, 0.5, 0.5])", "torch.tensor([0.5, 0.4, 0.3])"),
    "moving-classes-apart-is-nms-within-each": ("torch.tensor([999, 999])", "torch.tensor([0, 0])"),
    "yolo-gives-each-object-to-one-cell": (
        "decode_cells(targets.numbers, PAPER.grid, (SIDE, SIDE))",
        "decode_cells(targets.numbers, PAPER.grid, (SIDE, SIDE), root=False)",
    ),
    "permute-rearranges-dimensions": ("maps.permute(order)", "maps.reshape([maps.shape[i] for i in order])"),
    "small-anchors-need-more-regions-than-large-ones": ("longer <= 1 / 4", "longer > 1 / 3"),
    "class-error-tells-how-well-a-detector-detects": ("(iou >= 0.4) | targets.positive", "targets.positive"),
    "ssd-detects-on-the-outputs-of-several-stages": ("convolutions=2", "convolutions=1"),
    "l1-loss-is-not-moved-by-an-outlier": ('"l1": L1Loss("none")', '"l1": MSELoss("none")'),
    "smooth-l1-is-l1-for-large-sigma": ("beta=1 / sigma**2", "beta=1 / sigma"),
    "larger-gamma-discounts-well-classified-examples": ("torch.ones_like(p)", "torch.zeros_like(p)"),
}
SLOW: dict[str, tuple[str, str, dict]] = {  # and sizes at which the verdict is still the recorded one
    "several-levels-detect-at-several-scales": ("{1: ANCHORS[:1], 3: ANCHORS[1:]}", "{3: ANCHORS}", FEW),
    "tiny-ssd-learns-to-detect": ("torch.autograd.backward(", "torch.autograd.backward(0 * ", FEW),
}
