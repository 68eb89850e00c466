"""Mistakes in average precision, mean IoU and the losses of detection."""

from tests.mutants.mutant import Mutant

AP = "tests/metrics/test_average_precision.py -k"
IOU = "tests/metrics/test_segmentation.py"
TWINS = "tests/layers/test_twins.py -k"
BOX_LOSS = "tests/vision/test_box_loss.py -k"
MEANING = "tests/layers/test_detection_loss.py -k"
MUTANTS = [
    Mutant("an object is found twice", "metrics/match.py", "refused = allowed & (place > first) & ~shared[:, None, None, None]", "refused = allowed & False", f"{AP} loops"),
    Mutant("a detection whose best object is taken finds no other", "metrics/match.py", "        allowed = allowed & ~refused", "        return torch.where(refused.any(-1), -1, choice)", f"{AP} next"),
    Mutant("a crowd is taken up", "metrics/match.py", " & ~shared[:, None, None, None]", "", f"{AP} neither"),
    Mutant("the worst score chooses first", "metrics/match.py", "(place > first)", "(place < first)", f"{AP} all_at_once"),
    Mutant("a crowd goes before an object that counts", "metrics/match.py", "(~ignored).unsqueeze(2)", "torch.ones_like(ignored).unsqueeze(2)", f"{AP} before_a_crowd"),
    Mutant("of equal overlaps the first", "metrics/match.py", "order = overlaps.argsort(dim=-1, stable=True)", "order = overlaps.shape[2] - 1 - overlaps.flip(-1).argsort(dim=-1, stable=True)", f"{AP} all_at_once"),
    Mutant("the intersection counted twice in the union", "vision/iou.py", "box_area(first) + box_area(second) - intersection", "box_area(first) + box_area(second)", f"{AP} pixels"),
    Mutant("boxes apart in both directions overlap", "vision/iou.py", ".clamp(min=0)\n    height = (torch.minimum(bottom, y2) - torch.maximum(top, y1)).clamp(min=0)", "\n    height = torch.minimum(bottom, y2) - torch.maximum(top, y1)", f"{AP} pixels"),
    Mutant("the threshold is not met by equality", "metrics/match.py", "overlaps[:, None, None] >= thresholds", "overlaps[:, None, None] > thresholds", f"{AP} all_at_once"),
    Mutant("union of a crowd", "metrics/match.py", "torch.where(crowd.unsqueeze(1), box_area(detections)", "torch.where(crowd.unsqueeze(1) & False, box_area(detections)", f"{AP} pixels"),
    Mutant("labels not compared", "metrics/detection.py", "(found.labels.unsqueeze(2) == truth.labels.unsqueeze(1)) & kept", "kept", f"{AP} loops"),
    Mutant("padding counted as objects", "metrics/detection.py", "(~ignored).transpose(1, 2)[truth.real].long()", "(~ignored).transpose(1, 2)[truth.real | True].long()", f"{AP} loops"),
    Mutant("difficult objects were missed", "metrics/detection.py", "shared = truth.crowd | truth.difficult", "shared = truth.crowd", f"{AP} neither"),
    Mutant("detections of other sizes are wrong", "metrics/detection.py", "passed = passed | (unmatched &", "passed = passed | (unmatched & False &", f"{AP} loops"),
    Mutant("classes without objects count as 0", "metrics/detection.py", "torch.where(objects > 0, torch.stack(areas), torch.nan)", "torch.where(objects > 0, torch.stack(areas), 0.0)", f"{AP} means"),
    Mutant("scores of each image in their own order", "metrics/detection.py", 'order = sums["scores"].argsort(descending=True, stable=True)', 'order = torch.arange(len(sums["scores"]))', f"{AP} loops"),
    Mutant("of equal scores the last first", "metrics/detection.py", 'order = sums["scores"].argsort(descending=True, stable=True)', 'order = sums["scores"].argsort(stable=True).flip(0)', f"{AP} equal_scores"),
    Mutant("rows of another process forgotten", "metrics/detection.py", "        super().merge(other)", '        super().add("objects", other._objects())', f"{AP} processes"),
    Mutant("rows survive a reset", "metrics/detection.py", "        super().reset()\n        self._rows = {name: [] for name in ROWS}", "        super().reset()", f"{AP} forgets"),
    Mutant("all detections count", "metrics/padded_boxes.py", "    if labels.shape[1] <= most:", "    if True:", f"{AP} best_scores"),
    Mutant("the most of an image, not of its class", "metrics/padded_boxes.py", "(labels.unsqueeze(2) == labels.unsqueeze(1)) & real.unsqueeze(1)", "(labels.unsqueeze(2) == labels.unsqueeze(2)) & real.unsqueeze(1)", f"{AP} loops"),
    Mutant("ignored detections are wrong", "metrics/curve.py", "(outcomes != IGNORED).cumsum(0)", "(outcomes != 7).cumsum(0)", f"{AP} definition"),
    Mutant("precision not interpolated", "metrics/curve.py", "precision.flip(0).cummax(0).values.flip(0) if len(precision) else precision", "precision", f"{AP} definition"),
    Mutant("interpolated from the left", "metrics/curve.py", "precision.flip(0).cummax(0).values.flip(0)", "precision.cummax(0).values", f"{AP} definition"),
    Mutant("the largest precision goes on beyond the last recall", "metrics/curve.py", "torch.cat([heights, heights.new_zeros(1, heights.shape[1])])", "torch.cat([heights, heights[-1:]])", f"{AP} definition"),
    Mutant("first step from the first recall", "metrics/curve.py", "prepend=recall.new_zeros(1, columns.numel())", "prepend=recall[:1]", f"{AP} hand"),
    Mutant("void counts against the prediction", "metrics/segmentation.py", "super().__init__(classes, ignore=ignore)", "super().__init__(classes + 200, ignore=None)", IOU),
    Mutant("union counts what is right twice", "metrics/segmentation.py", "(matrix.sum(0) + matrix.sum(1) - both)", "(matrix.sum(0) + matrix.sum(1))", IOU),
    Mutant("recall in place of IoU", "metrics/segmentation.py", "both / (matrix.sum(0) + matrix.sum(1) - both)", "both / matrix.sum(1)", IOU),
    Mutant("absent classes count as 0", "metrics/segmentation.py", "per_class_iou(matrix).nanmean()", "per_class_iou(matrix).nan_to_num().mean()", IOU),
    Mutant("mean of no boxes is no number", "vision/box_loss.py", 'losses.sum() if self.reduction == "mean" and not losses.numel() else ', "", f"{BOX_LOSS} giou"),
    Mutant("corners in one order", "vision/box_loss.py", "torch.minimum(one, two), torch.maximum(one, two)", "one, two", f"{BOX_LOSS} giou"),
    Mutant("focus without its gradient", "layers/focal_loss.py", ".tiny) ** gamma * cross_entropy", ".tiny).detach() ** gamma * cross_entropy", f"{TWINS} Focal"),
    Mutant("focus with no floor", "layers/focal_loss.py", "wrong.clamp(min=torch.finfo(wrong.dtype).tiny) ** gamma", "wrong**gamma", f"{MEANING} focal"),
    Mutant("ignored targets count in the mean of a focal loss", "layers/focal_loss.py", "* counted  # batch *place\n        losses = shares", "# batch *place\n        losses = shares", f"{TWINS} SoftmaxFocal"),
]  # fmt: skip
