"""Mistakes in figures of detections and in what is counted for them."""

from tests.mutants.mutant import Mutant

BOXES = "tests/plot/test_boxes.py -k"
COUNTS = "tests/plot/test_detection_figures.py -k"
KINDS = "tests/metrics/test_detection_errors.py -k"
REPORT = "tests/reports/test_detection.py -k"
KINDS_FILE, REPORT_FILE = "metrics/detection_errors.py", "reports/detection.py"
MUTANTS = [
    Mutant("boxes half a pixel aside", "plot/boxes.py", "extent=(0, width, height, 0), ", "", f"{BOXES} covers"),
    Mutant("x and y of a corner swapped", "plot/boxes.py", "[[0, 1], [2, 1], [2, 3], [0, 3]]", "[[1, 0], [1, 2], [3, 2], [3, 0]]", f"{BOXES} covers"),
    Mutant("wrong and missed alike but for the color", "plot/boxes.py", '"missed": (0, (1, 1.2))', '"missed": (0, (4, 1.8))', f"{BOXES} kinds_differ"),
    Mutant("names beyond the edge", "plot/boxes.py", "leftward = (x1 + x2) / 2 > (left + right) / 2", "leftward = False", f"{BOXES} whole"),
    Mutant("names above the image", "plot/boxes.py", "over, inside = y1 - line >= top, y1", "over, inside = True, y1", f"{BOXES} whole"),
    Mutant("names of both above", "plot/boxes.py", 'below=marked.kind == "missed"', "below=False", f"{BOXES} below"),
    Mutant("a name hides another", "plot/boxes.py", "own.overlaps(other) for other in earlier)", "own.overlaps(other) for other in [])", f"{BOXES} one_place"),
    Mutant("a color a box, not a class", "plot/boxes.py", "[theme.line(number) for number in marked.numbers]", "[theme.line(number) for number, _ in enumerate(marked.numbers)]", f"{BOXES} equal_numbers"),
    Mutant("the last class named by a negative number", "plot/boxes.py", "if not 0 <= label < len(classes)", "if not label < len(classes)", f"{BOXES} class_and_score"),
    Mutant("rows of images over each other", "plot/box_grid.py", "(number // columns) * (tall + below)", "(number // columns) * tall / 2", f"{BOXES} grid"),
    Mutant("the key over the images", "plot/box_grid.py", "HEADER_INCHES + (KEY if keyed or _kinds(panels) else 0)", "HEADER_INCHES - KEY", f"{BOXES} grid"),
    Mutant("doubles are badly placed", KINDS_FILE, "    kinds[same >= iou] = DOUBLE\n", "", f"{KINDS} loop"),
    Mutant("a double on another class too is of the wrong class", KINDS_FILE, "    kinds[other >= iou] = WRONG_CLASS\n    kinds[same >= iou] = DOUBLE\n", "    kinds[same >= iou] = DOUBLE\n    kinds[other >= iou] = WRONG_CLASS\n", f"{KINDS} another_class"),
    Mutant("badly placed at its own class alone", KINDS_FILE, "torch.maximum(same, other) >= near", "same >= near", f"{KINDS} loop"),
    Mutant("padding is an object", KINDS_FILE, "overlaps.where(truth.real.unsqueeze(1) & found.real.unsqueeze(2), -1)", "overlaps.where(found.real.unsqueeze(2), -1)", f"{KINDS} loop"),
    Mutant("padding is a detection", KINDS_FILE, "    kinds[~found.real] = PADDING\n", "", f"{KINDS} loop"),
    Mutant("crowds are missed", KINDS_FILE, "& ~self.objects.crowd", "", f"{KINDS} crowds"),
    Mutant("weak detections find objects", KINDS_FILE, "(self.kinds == RIGHT) & (self.detections.scores >= min_score)", "(self.kinds == RIGHT)", f"{KINDS} loop"),
    Mutant("best score by the first of equals", KINDS_FILE, "torch.where(last, f1, -1).argmax()", "f1.argmax()", f"{KINDS} best_score"),
    Mutant("recall counts found objects alone", KINDS_FILE, "(places + self.counted().sum())", "(places + hits[-1])", f"{KINDS} best_score"),
    Mutant("the best of many classes", "plot/precision_recall.py", "key=lambda name: curves[name].area)[:MOST]", "key=lambda name: -curves[name].area)[:MOST]", f"{COUNTS} least"),
    Mutant("shares of the rows", "plot/counts.py", "table.sum(0, keepdims=True)", "table.sum(1, keepdims=True)", f"{COUNTS} column"),
    Mutant("levels begin anywhere", REPORT_FILE, "heights[:-1] - tolerance", "heights[:-1] + tolerance", f"{REPORT} levels_of"),
    Mutant("detections of the first candidate", REPORT_FILE, "argmin(1)", "argmax(1)", f"{REPORT} candidate"),
    Mutant("missed objects of any score", REPORT_FILE, "errors.missed(score), errors", "errors.missed(), errors", f"{REPORT} every_box"),
    Mutant("right and wrong swapped", REPORT_FILE, '"right": kept[image] & (errors.kinds[image] == RIGHT)', '"right": kept[image] & (errors.kinds[image] != RIGHT)', f"{REPORT} every_box"),
]  # fmt: skip
