"""Mistakes in the detector with anchors, its model, its loss and its errors: the ones that still train."""

from tests.mutants.mutant import Mutant

MODEL, TASK = "tests/models/test_ssd.py -k", "tests/train/test_anchor_detection.py -k"
ERRORS = "tests/metrics/test_anchor_errors.py -k"
MUTANTS = [
    Mutant("numbers of an anchor at several places", "models/ssd.py", "maps.permute(0, 2, 3, 1).reshape(len(maps), -1, numbers)", "maps.reshape(len(maps), -1, numbers)", f"{MODEL} belongs"),
    Mutant("the first map one block late", "models/ssd.py", "if number > self.blocks + self.whole - self.levels:", "if number > 1 + self.blocks + self.whole - self.levels:", f"{MODEL} belongs"),
    Mutant("the mean for the maximum", "models/ssd.py", "x.amax((2, 3), keepdim=True)", "x.mean((2, 3), keepdim=True)", f"{MODEL} maximum"),
    Mutant("anchors of the first size of image alone", "models/ssd.py", "key = (size, image.dtype, image.device)", "key = (image.dtype, image.device)", f"{MODEL} once"),
    Mutant("anchors of the first type alone", "models/ssd.py", "key = (size, image.dtype, image.device)", "key = (size, image.device)", f"{MODEL} once"),
    Mutant("anchors that cannot be trained with", "models/ssd.py", "    @torch.inference_mode(False)  # a tensor made while a model is evaluated could not be trained with\n", "", f"{MODEL} once"),
    Mutant("anchors as wide as the image is", "vision/anchors.py", "half = (high - low) / 2 * size[0]", "half = (high - low) / 2 * shares.new_tensor([size[1], size[0]])", f"{MODEL} any_size"),
    Mutant("centers in shares of the height", "vision/anchors.py", "(low + high) / 2 * shares.new_tensor([size[1], size[0]])", "(low + high) / 2 * size[0]", f"{MODEL} any_size"),
    Mutant("a prior of one class alone", "models/ssd.py", "math.log(config.classes * (1 - config.prior)", "math.log((1 - config.prior)", f"{MODEL} prior"),
    Mutant("an image too small", "models/ssd.py", "if min(image.shape[2:]) < least:", "if min(image.shape[2:]) < 2:", f"{MODEL} too_small"),
    Mutant("the sum for the mean over images", "train/anchor_detection.py", "self.criterion(outputs, targets).mean()", "self.criterion(outputs, targets).sum()", f"{TASK} mean_of_its_images"),
    Mutant("divided by the batch's anchors", "train/anchor_detection.py", ".sum(1).clamp(min=1)\n        return", ".sum().clamp(min=1)\n        return", f"{TASK} plain_loops"),
    Mutant("an image without objects divides by 0", "train/anchor_detection.py", "else positive).sum(1).clamp(min=1)", "else positive).sum(1)", f"{TASK} background_alone"),
    Mutant("background has the objects' weight", "train/anchor_detection.py", "weight[0] = 1 - self.objective.alpha", "weight[0] = self.objective.alpha", f"{TASK} plain_loops"),
    Mutant("gamma forgotten", "train/anchor_detection.py", "SoftmaxFocalLoss(self.objective.gamma, weight", "SoftmaxFocalLoss(2.0, weight", f"{TASK} plain_loops"),
    Mutant("sigma forgotten", "train/anchor_detection.py", "sigma=self.objective.sigma", "sigma=1.0", f"{TASK} plain_loops"),
    Mutant("the weight of the boxes forgotten", "train/anchor_detection.py", "chosen.box_weight * boxes", "boxes", f"{TASK} plain_loops"),
    Mutant("the anchors of the first image's objects", "train/anchor_detection.py", "expand(len(positive), -1, -1)[positive]", "expand(len(positive), -1, -1)[:1].expand(len(positive), -1, -1).roll(1, 1)[positive]", f"{TASK} plain_loops"),
    Mutant("the threshold of the matching forgotten", "train/anchor_detection.py", "            threshold=chosen.iou_threshold,\n            matching=chosen.matching,\n        )\n\n    def criterion", "            matching=chosen.matching,\n        )\n\n    def criterion", f"{TASK} plain_loops"),
    Mutant("greedy whatever is set", "train/anchor_detection.py", "            threshold=chosen.iou_threshold,\n            matching=chosen.matching,\n        )\n\n    def criterion", "            threshold=chosen.iou_threshold,\n        )\n\n    def criterion", f"{TASK} matching"),
    Mutant("the easiest of the background", "train/anchor_detection.py", "argsort(dim=1, descending=True, stable=True)", "argsort(dim=1, stable=True)", f"{TASK} worst"),
    Mutant("hard negatives among the objects", "train/anchor_detection.py", "losses.masked_fill(positive, -torch.inf).argsort", "losses.argsort", f"{TASK} worst"),
    Mutant("no background without objects", "train/anchor_detection.py", "positive.sum(1, keepdim=True).clamp(min=1)) &", "positive.sum(1, keepdim=True)) &", f"{TASK} worst"),
    Mutant("hard negatives that are not left out", "train/anchor_detection.py", "            losses = losses * counted\n", "", f"{TASK} plain_loops"),
    Mutant("background is a class that is found", "train/anchor_detection.py", ".softmax(2)[..., 1:]", ".softmax(2)[..., :-1]", f"{TASK} right_answers"),
    Mutant("no limit to an untrained box", "train/anchor_detection.py", "decode_boxes(outputs[\"anchors\"].to(offsets.dtype), offsets, largest_ratio=LARGEST_RATIO)", "decode_boxes(outputs[\"anchors\"].to(offsets.dtype), offsets)", f"{TASK} endless"),
    Mutant("losses in half precision", "train/anchor_detection.py", "torch.promote_types(numbers.dtype, torch.float32)", "numbers.dtype", f"{TASK} half"),
    Mutant("errors at another threshold", "train/anchor_detection.py", "AnchorErrors(iou_threshold=chosen.iou_threshold, ", "AnchorErrors(", f"{TASK} settings_of_the_loss"),
    Mutant("offsets of background count", "metrics/anchors.py", "_total((offsets - targets.offsets)[positive])", "_total(offsets - targets.offsets)", f"{ERRORS} plain"),
    Mutant("a mean over objects alone", "metrics/anchors.py", "numbers = None if counted is None else 4 * counted", "numbers = None if counted is None else 4 * self.sums[\"objects\"]", f"{ERRORS} plain"),
    Mutant("one number an anchor", "metrics/anchors.py", "else 4 * counted", "else counted", f"{ERRORS} plain"),
    Mutant("background's error is what is right", "metrics/anchors.py", "self.add(\"objects\", positive.sum())", "self.add(\"objects\", (~positive).sum())", f"{ERRORS} finds_nothing"),
]  # fmt: skip
