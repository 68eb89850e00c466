"""Mistakes in warps, mosaics and changes of pixels: images that look right beside boxes that do not."""

from tests.mutants.mutant import Mutant

WARP, MOSAIC, PIXELS, JITTER = (f"tests/vision/test_{name}.py" for name in ("warp", "mosaic", "pixels", "jitter"))
IOU_CROP = "tests/vision/test_iou_crop.py"
AUGMENT, JOINT = "tests/vision/test_augment.py", "tests/vision/test_joint.py"
FIGURE = "tests/reports/test_augmentation.py"
MUTANTS = [
    Mutant("maps composed the wrong way round", "vision/projective.py", "after.matrices @ self.matrices", "self.matrices @ after.matrices", f"{WARP} -k composed"),
    Mutant("a projective map taken for an affine one", "vision/projective.py", "return made[..., :2] / made[..., 2:]", "return made[..., :2]", f"{WARP} -k points"),
    Mutant("sheared about the corner", "vision/projective.py", "-lean_x * (height / 2)", "0 * lean_x", f"{WARP} -k torchvisions"),
    Mutant("a letterbox that cuts", "vision/projective.py", "shrunk = max(", "shrunk = min(", f"{WARP} -k letterbox"),
    Mutant("corners of pixels warped, not centers", "vision/warp.py", "dtype=back.dtype) + 0.5) / finer", "dtype=back.dtype)) / finer", f"{WARP} -k loop"),
    Mutant("nearest pixel by rounding", "vision/warp.py", "return place.floor().long().clamp(0, pixels - 1), (place", "return place.round().long().clamp(0, pixels - 1), (place", f"{WARP} -k loop"),
    Mutant("outside is a class", "vision/warp.py", "masked_fill(~(kept_x & kept_y).unsqueeze(1), outside)", "masked_fill(~(kept_x & kept_y).unsqueeze(1), 0)", f"{WARP} -k loop"),
    Mutant("shrunk by one sample a pixel", "vision/warp.py", "finer = max(1, round(", "finer = min(1, round(", f"{WARP} -k shrinks"),
    Mutant("boxes not deformed", "vision/warp.py", "if self.field is not None:\n            seen = self._deformed", "if False:\n            seen = self._deformed", f"{WARP} -k hold"),
    Mutant("deformed the other way", "vision/elastic.py", "seen = points - there", "seen = points + there", f"{WARP} -k way_back"),
    Mutant("one step of the way back", "vision/elastic.py", "STEPS = 12", "STEPS = 1", f"{WARP} -k way_back"),
    Mutant("quarters left empty", "vision/mosaic.py", "torch.where(outer, 0 * frame, frame) * scale", "frame * scale", f"{MOSAIC} -k every_object"),
    Mutant("boxes of another image", "vision/mosaic.py", "{k: v[partner] for k, v in targets.items()}", "dict(targets)", f"{MOSAIC} -k every_object"),
    Mutant("boxes reach beyond their quarter", "vision/warp.py", "scale = size / (window[:, 2:] - window[:, :2]).clamp(min=1)", "scale = torch.ones_like(window[:, 2:])", f"{MOSAIC} -k every_object"),
    Mutant("padding between real rows", "vision/mosaic.py", "return (~real).long().argsort(dim=1, stable=True)", "return (~real).long().mul(0).argsort(dim=1, stable=True)", f"{MOSAIC} -k every_object"),
    Mutant("empty quarters have objects", "vision/warp.py", "share = share * open_.unsqueeze(1)", "share = share * 1", f"{MOSAIC} -k no_mosaic"),
    Mutant("a crop that no object's center lies in", "vision/iou_crop.py", "held: Tensor = inside & real", "held: Tensor = real", f"{IOU_CROP} -k one_map"),
    Mutant("padding taken for an object", "vision/iou_crop.py", "inside & real.unsqueeze(1) & (iou", "inside & (iou", f"{IOU_CROP} -k one_map"),
    Mutant("areas of crops, not sides", "vision/iou_crop.py", "wide, high = uniform(shape, *SIDES, generator)", "wide, high = uniform(shape, *SIDES, generator).sqrt()", f"{IOU_CROP} -k three"),
    Mutant("crops of any shape", "vision/iou_crop.py", "(wide >= RATIO[0] * high) & (wide <= RATIO[1] * high)", "(wide >= 0)", f"{IOU_CROP} -k three"),
    Mutant("an overlap drawn once", "vision/iou_crop.py", "ROUNDS = 16", "ROUNDS = 1", f"{IOU_CROP} -k three"),
    Mutant("a crop overlaps as little as it likes", "vision/iou_crop.py", "(iou >= least.view(-1, 1, 1))", "(iou >= 0)", f"{IOU_CROP} -k three"),
    Mutant("canvases of one place", "vision/iou_crop.py", "((high - height) * down).floor()", "((high - height) * 0.5).floor()", f"{IOU_CROP} -k canvases"),
    Mutant("objects of crops kept by their area", "vision/warp.py", "if self.by_center is not None:\n            share", "if False:\n            share", f"{IOU_CROP} -k center"),
    Mutant("mosaics keep the rule of another image", "vision/warp.py", "else self.by_center[numbers]", "else ~self.by_center[numbers]", f"{IOU_CROP} -k reflection"),
    Mutant("objects of the stored image, not of the turned one", "vision/warping.py", "placed = bound(composed.corners(boxes))", "placed = boxes", f"{IOU_CROP} -k flipped"),
    Mutant("solarized from the dark side", "vision/tone.py", "images >= _each(thresholds)", "images < _each(thresholds)", f"{PIXELS} -k pillow"),
    Mutant("the brightest tone counted in the step", "vision/tone.py", "(tones.shape[1] - brightest)", "tones.shape[1]", f"{PIXELS} -k pillow"),
    Mutant("color at full resolution", "vision/jpeg.py", "means = functional.avg_pool2d(planes, 2)", "means = planes[..., ::2, ::2]", f"{PIXELS} -k pillow_reads"),
    Mutant("one quality for all", "vision/jpeg.py", "scale.view(-1, 1, 1) + 50", "scale[0] + 50", f"{PIXELS} -k own_quality"),
    Mutant("blurred to one side", "vision/blur.py", "place = torch.arange(-radius, radius + 1", "place = torch.arange(-radius - 1, radius", f"{PIXELS} -k blur"),
    Mutant("borders smoothed", "vision/blur.py", "smooth = images.clone()", "smooth = 0 * images", f"{PIXELS} -k sharpness"),
    Mutant("as much salt as both", "vision/noise.py", "half = shares.view(-1, 1, 1, 1) / 2", "half = shares.view(-1, 1, 1, 1)", f"{PIXELS} -k salt"),
    Mutant("strongest channel taken for the first", "vision/jitter.py", "torch.copysign(other, torch.sub(green, blue, out=angle), out=angle)", "angle.copy_(other)", f"{JITTER} -k one_after"),
    Mutant("gray of one image for its block", "vision/jitter.py", "mean((1, 2), keepdim=True)", "mean().expand(len(block), 1, 1)", f"{JITTER} -k one_after"),
    Mutant("the caller's images changed", "vision/augment.py", "images.clone() if images is inputs else images", "images", f"{AUGMENT} -k left_alone"),
    Mutant("flipped after the crop was placed", "vision/joint.py", "x = self.width - left - wide if flip_x else left", "x = left", f"{JOINT} -k large_crop"),
    Mutant("moved masks have background outside", "vision/targets.py", "transform.masks(values.unsqueeze(1), VOID)", "transform.masks(values.unsqueeze(1))", f"{JOINT} -k whole_pixels"),
    Mutant("boxes of the stored image at every step", "reports/augmented_targets.py", "boxes = [rows[:count].double()", "boxes = [rows[:1].double()", f"{FIGURE} -k boxes_are"),
]  # fmt: skip
