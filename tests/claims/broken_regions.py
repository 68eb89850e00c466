"""A mistake for each claim about regions: R-CNN's family."""

FEW = {"seeds": range(3)}
QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "rcnn-family-shares-more-and-more": (
        "features_by_one_pass(body, image, boxes, 4)",
        "features_by_crops(body, image, boxes, 32)",
    ),
    "rcnn-passes-every-region-through-the-network": (
        "features_by_crops(body, image, boxes, 32)",
        "features_by_one_pass(body, image, boxes, 4)",
    ),
    "roi-pooling-gives-the-books-numbers": ("spatial_scale=0.1)", "spatial_scale=0.125)"),
    "independent-passes-are-the-bottleneck-of-rcnn": ("regions * alone / whole", "alone / whole"),
    "overlapping-regions-repeat-work": (".sum(0)  # times", ".any(0)  # times"),
    "one-pass-gives-the-features-of-every-region": (
        "body(image[:, :, top : top + side, left : left + side])",
        "body(image[:, :, top + 1 : top + 1 + side, left : left + side])",
    ),
    "faster-rcnn-adds-the-losses-of-two-stages": ("step.loss - first - second", "step.loss - first"),
}
SLOW: dict[str, tuple[str, str, dict]] = {  # and sizes at which the verdict is still the recorded one
    "heuristic-search-proposes-regions": (
        "color_proposals(drawn.images, number)",
        "color_proposals(drawn.images.flip(3), number)",
        FEW,
    ),
    "rcnn-detects-in-four-steps": (".sigmoid(), boxes", ".sigmoid(), boxes.flip(0)", {}),
    "an-svm-per-class-names-the-regions": ("1 - signs * scores", "1 + signs * scores", FEW),
    "linear-regression-improves-regions-that-miss": (
        "encode_boxes(regions.boxes[shown], regions.truth[shown])",
        "encode_boxes(regions.truth[shown], regions.boxes[shown])",
        FEW,
    ),
    "proposal-network-replaces-heuristic-search": (
        "model.eval()(images / 255)",
        "model.eval()(images.flip(3) / 255)",
        FEW,
    ),
    "mask-head-improves-boxes": (
        'row["test_ap"]',
        'row["test_ap" if name == "boxes" else "test_mask_ap"]',
        {"seeds": range(2), "scenes": 500},
    ),
}
