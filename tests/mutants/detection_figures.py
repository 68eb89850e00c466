"""Mistakes in figures of detections and in what is counted for them."""

from tests.mutants.mutant import Mutant

BOXES = "tests/plot/test_boxes.py -k"
MUTANTS = [
    Mutant("boxes half a pixel aside", "plot/boxes.py", "extent=(0, width, height, 0), ", "", f"{BOXES} covers"),
    Mutant("x and y of a corner swapped", "plot/boxes.py", "[[0, 1], [2, 1], [2, 3], [0, 3]]", "[[1, 0], [1, 2], [3, 2], [3, 0]]", f"{BOXES} covers"),
    Mutant("wrong and missed alike but for the color", "plot/boxes.py", '"missed": (0, (1, 1.2))', '"missed": (0, (4, 1.8))', f"{BOXES} kinds_differ"),
    Mutant("names beyond the edge", "plot/boxes.py", "leftward = (x1 + x2) / 2 > (left + right) / 2", "leftward = False", f"{BOXES} whole"),
    Mutant("names above the image", "plot/boxes.py", "if y1 - line >= top else", "if True else", f"{BOXES} whole"),
    Mutant("names of both above", "plot/boxes.py", 'below=marked.kind == "missed"', "below=False", f"{BOXES} does_not_hide"),
    Mutant("a color a box, not a class", "plot/boxes.py", "[theme.line(number) for number in marked.numbers]", "[theme.line(number) for number, _ in enumerate(marked.numbers)]", f"{BOXES} equal_numbers"),
    Mutant("the last class named by a negative number", "plot/boxes.py", "if not 0 <= label < len(classes)", "if not label < len(classes)", f"{BOXES} class_and_score"),
    Mutant("rows of images over each other", "plot/box_grid.py", "(number // columns) * (tall + below)", "(number // columns) * tall / 2", f"{BOXES} grid"),
    Mutant("the key over the images", "plot/box_grid.py", "HEADER_INCHES + (KEY if _kinds(panels) else 0)", "HEADER_INCHES - KEY", f"{BOXES} grid"),
]  # fmt: skip
