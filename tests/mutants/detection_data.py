"""Mistakes with annotated images: conventions of the formats, bad boxes, files that mean harm, scenes that leak."""

from tests.mutants.mutant import Mutant

FORMATS, ANNOTATION = "tests/data/test_annotation_formats.py", "tests/data/test_annotation.py"
ANNOTATED, SCENES = "tests/data/test_annotated.py", "tests/data/test_scenes.py"
MUTANTS = [
    Mutant("ids of COCO as numbers of classes", "data/coco.py", "labels[kind], ignored=", "kind - 1, ignored=", FORMATS),
    Mutant("classes in the order of the file", "data/coco.py", 'dict(sorted(_by_id(content, "categories", path).items()))', '_by_id(content, "categories", path)', FORMATS),
    Mutant("width as a corner", "data/coco.py", "return x, y, x + width, y + height", "return x, y, width, height", FORMATS),
    Mutant("ids of COCO begin at 0", "data/coco.py", "enumerate(rows, start=1)", "enumerate(rows)", FORMATS),
    Mutant("the last pixel of VOC is left out", "data/voc.py", "after = first_pixel - 1", "after = first_pixel", FORMATS),
    Mutant("VOC counts from 0", "data/voc.py", "first_pixel: int = 1,\n    bad_boxes", "first_pixel: int = 0,\n    bad_boxes", FORMATS),
    Mutant("the box of a part for that of its object", "data/voc.py", '_child(thing, "bndbox", path)', 'next(thing.iter("bndbox"))', FORMATS),
    Mutant("document types are read", "data/xml_file.py", "parser.StartDoctypeDeclHandler = refuse", "pass", FORMATS),
    Mutant("elements without end", "data/xml_file.py", "if depth > DEPTH:", "if depth > 10**6:", FORMATS),
    Mutant("a center as a corner", "data/yolo.py", "cx - wide / 2, cy - high / 2, cx + wide / 2", "cx, cy, cx + wide / 2", FORMATS),
    Mutant("height for width", "data/yolo.py", "box[0] * width, box[1] * height, box[2] * width", "box[0] * height, box[1] * width, box[2] * width", FORMATS),
    Mutant("pixels taken for shares", "data/yolo.py", "if max(shares) > 2:", "if max(shares) > 2e6:", FORMATS),
    Mutant("numbers of classes not looked at", "data/yolo.py", "if numbers and numbers !=", "if not numbers and numbers !=", FORMATS),
    Mutant("corners in the order drawn", "data/labelme.py", "min(xs), min(ys), max(xs), max(ys)", "xs[0], ys[0], xs[-1], ys[-1]", FORMATS),
    Mutant("a way out of the folder", "data/annotation.py", 'or ".." in parts', "", ANNOTATION),
    Mutant("drives of Windows", "data/annotation.py", 'or re.match(r"[A-Za-z]:", plain)', "", ANNOTATION),
    Mutant("no area by one side alone", "data/annotation.py", "np.any(boxes[:, 2:] <= boxes[:, :2], axis=1)", "np.all(boxes[:, 2:] <= boxes[:, :2], axis=1)", ANNOTATION),
    Mutant("frames turned round", "data/annotation.py", "np.tile(found.sizes[found.images], 2)", "np.tile(found.sizes[found.images, ::-1], 2)", ANNOTATION),
    Mutant("rows of other images", "data/annotation.py", "(np.cumsum(counts) - counts)[self.images]", "np.cumsum(counts)[self.images] - counts[self.images[-1:]].sum()", ANNOTATION),
    Mutant("objects stay with the number of their image", "data/annotation.py", "self.labels[order], moved[order]", "self.labels[order], np.sort(self.images[order])", ANNOTATION),
    Mutant("NaN is a coordinate", "data/annotation.py", "~(np.abs(self.boxes) <= FARTHEST)", "(np.abs(self.boxes) > FARTHEST)", ANNOTATION),
    Mutant("boxes stay where they were", "data/annotated.py", "boxes=whole.boxes * np.tile(scale, 2)[whole.images]", "boxes=whole.boxes", ANNOTATED),
    Mutant("redrawn images from the cache", "data/annotated.py", '_digests(parts, "stamp")', '_digests(parts, "size")', ANNOTATED),
    Mutant("what evaluation ignores is learned", "data/annotated.py", "found.keep(~found.ignored)", "found", ANNOTATED),
    Mutant("images in the corner on black", "data/image_fit.py", "np.full((3, *frame), FILL, np.uint8)", "np.zeros((3, *frame), np.uint8)", ANNOTATED),
    Mutant("another size than the annotation's", "data/image_fit.py", "if whole.size != size:", "if whole.size == (0, 0):", ANNOTATED),
    Mutant("test digits in training scenes", "data/scenes.py", "getattr(digits.load(DIGITS), part)", "digits.load(DIGITS).train", SCENES),
    Mutant("one photo for both parts", "data/scenes.py", 'if part == "train" else photos[:, :, cut:]', 'if part == "train" else photos', SCENES),
    Mutant("boxes end with the last pixel's index", "data/scenes.py", "size - line.flip(1).argmax(1)", "size - 1 - line.flip(1).argmax(1)", SCENES),
    Mutant("rows and columns exchanged", "data/scenes.py", "ink.any(1).long(), ink.any(2).long()", "ink.any(2).long(), ink.any(1).long()", SCENES),
    Mutant("digits on one another", "data/scenes.py", "free = apart.all(2)", "free = apart.any(2) | (slot == 0)", SCENES),
    Mutant("gaps between objects", "data/scenes.py", "layout.placed.long().cumsum(1) - 1", "torch.arange(most).expand_as(layout.placed)", SCENES),
    Mutant("light on light", "data/scenes.py", "torch.where(light[:, None], tones, 255 - tones)", "torch.where(light[:, None], 255 - tones, tones)", SCENES),
    Mutant("class 0 is the photo's number", "data/scenes.py", "ink * (kind + 1)", "ink * kind", SCENES),
]  # fmt: skip
