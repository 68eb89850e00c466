"""Mistakes in a detector by points: the ones that still train."""

from tests.mutants.mutant import Mutant

ASSIGN, MODEL, LOSS = (
    "tests/vision/test_assign_points.py -k",
    "tests/models/test_points.py -k",
    "tests/train/test_point_detection.py -k",
)
MUTANTS = [
    Mutant("padding gets points", "vision/assign_points.py", "(down.abs() <= radius) & real.unsqueeze(2)", "(down.abs() <= radius)", f"{ASSIGN} plain_loop"),
    Mutant("points outside the box answer", "vision/assign_points.py", "    near &= (x > left) & (x < right) & (y > top) & (y < bottom)\n", "", f"{ASSIGN} plain_loop"),
    Mutant("a point on the edge answers", "vision/assign_points.py", "(x > left)", "(x >= left)", f"{ASSIGN} smallest"),
    Mutant("the radius along one axis alone", "vision/assign_points.py", " & (down.abs() <= radius)", "", f"{ASSIGN} radius"),
    Mutant("a point at the radius does not answer", "vision/assign_points.py", "(across.abs() <= radius)", "(across.abs() < radius)", f"{ASSIGN} radius"),
    Mutant("the largest object wins", "vision/assign_points.py", "torch.where(near, box_area(boxes).unsqueeze(2), torch.inf)", "torch.where(near, -box_area(boxes).unsqueeze(2), torch.inf)", f"{ASSIGN} smallest"),
    Mutant("the first object wins", "vision/assign_points.py", "torch.where(near, box_area(boxes).unsqueeze(2), torch.inf)", "torch.where(near, 0 * box_area(boxes).unsqueeze(2), torch.inf)", f"{ASSIGN} smallest"),
    Mutant("tiny objects are lost", "vision/assign_points.py", "missed = real & ~near.any(2)", "missed = real & ~real", f"{ASSIGN} one_pixel"),
    Mutant("padding is a tiny object", "vision/assign_points.py", "missed = real & ~near.any(2)", "missed = ~near.any(2)", f"{ASSIGN} plain_loop"),
    Mutant("every object has its nearest point", "vision/assign_points.py", "missed = real & ~near.any(2)", "missed = real", f"{ASSIGN} plain_loop"),
    Mutant("nearest along x alone", "vision/assign_points.py", "across.square() + down.square()", "across.square()", f"{ASSIGN} plain_loop"),
    Mutant("the lower side from the upper distance", "vision/assign_points.py", "points + distances[..., 2:]", "points + distances[..., :2]", f"{ASSIGN} decoded"),
    Mutant("points at the corners of cells", "models/points.py", "device=like.device) + 0.5)", "device=like.device))", f"{MODEL} middle"),
    Mutant("columns before rows", "models/points.py", "[x.repeat(rows), y.repeat_interleave(columns)]", "[x.repeat_interleave(rows), y.repeat(columns)]", f"{MODEL} middle"),
    Mutant("distances in strides", "models/points.py", "self.stride * logarithms.exp()", "logarithms.exp()", f"{MODEL} four_strides"),
    Mutant("every class begins at one half", "models/points.py", "math.log(PRIOR / (1 - PRIOR))", "0.0", f"{MODEL} four_strides"),
    Mutant("distances without a limit", "models/points.py", ".clamp(max=FARTHEST)", "", f"{MODEL} infinite"),
    Mutant("no upward path", "models/points.py", "self.lateral(fine) + functional.interpolate(coarse, (rows, columns))", "self.lateral(fine) + 0 * functional.interpolate(coarse, (rows, columns))", f"{MODEL} from_scratch"),
    Mutant("points of a map turned on its side", "models/points.py", '"logits": logits.flatten(2)', '"logits": logits.mT.flatten(2)', f"{MODEL} around"),
    Mutant("a mean over points", "train/point_detection.py", "/ max(1, len(batch))", "/ max(1, len(point))", f"{LOSS} plain_sum"),
    Mutant("a batch adds its images", "train/point_detection.py", " / max(1, len(batch))", "", f"{LOSS} plain_sum"),
    Mutant("the label of another object", "train/point_detection.py", 'targets["labels"][image, owner]', 'targets["labels"][image, 0]', f"{LOSS} plain_sum"),
    Mutant("the box of another object", "train/point_detection.py", "boxes[image, owner]", "boxes[image, 0]", f"{LOSS} plain_sum"),
    Mutant("boxes of background points", "train/point_detection.py", '["distances"][image, point]', '["distances"][image, point - 1]', f"{LOSS} background"),
    Mutant("a box without a weight", "train/point_detection.py", "chosen.box_weight * overlap", "overlap", f"{LOSS} plain_sum"),
    Mutant("alpha and gamma swapped", "train/point_detection.py", "FocalLoss(chosen.alpha, chosen.gamma,", "FocalLoss(chosen.alpha, 2 * chosen.alpha,", f"{LOSS} plain_sum"),
    Mutant("a softmax over points", "train/point_detection.py", ".sigmoid(), boxes", ".softmax(1), boxes", f"{LOSS} perfect"),
]  # fmt: skip
