"""Mistakes in the detector of a grid of cells: the ones that still train."""

from tests.mutants.mutant import Mutant

CELLS, LOSS, MODEL = (
    "tests/vision/test_cells.py -k",
    "tests/train/test_grid_detection.py -k",
    "tests/models/test_yolo.py -k",
)
LOSS_FILE = "train/grid_detection.py"
MUTANTS = [
    Mutant("rows and columns of cells swapped", "vision/cells.py", "row * grid + column", "column * grid + row", f"{CELLS} example"),
    Mutant("height and width of the image swapped", "vision/cells.py", "place = centers * grid / centers.new_tensor([size[1], size[0]])", "place = centers * grid / centers.new_tensor([size[0], size[1]])", f"{CELLS} plain_loop"),
    Mutant("a center on the last edge in no cell", "vision/cells.py", ".floor().clamp(0, grid - 1)", ".floor()", f"{CELLS} at_the_edge"),
    Mutant("the last object of a cell has it", "vision/cells.py", 'cell, number, "amin")', 'cell, number.where(real, -1), "amax", include_self=False)', f"{CELLS} first_has_it"),
    Mutant("padding has cells", "vision/cells.py", ".expand(batch, -1).masked_fill(~real, most)", ".expand(batch, -1)", f"{CELLS} plain_loop"),
    Mutant("no object is ever dropped", "vision/cells.py", "count.to(owner.device) - (owner >= 0).sum(1)", "0 * count", f"{CELLS} comes_back"),
    Mutant("sizes without their roots", "vision/cells.py", "share.sqrt() if root else share]", "share]", f"{CELLS} example"),
    Mutant("boxes of cells counted down the columns", "vision/cells.py", "[cells % grid, cells // grid]", "[cells // grid, cells % grid]", f"{CELLS} comes_back"),
    Mutant("a negative share is a box turned round", "vision/cells.py", "numbers[..., 2:].clamp(min=0)", "numbers[..., 2:]", f"{CELLS} turned_round"),
    Mutant("coordinates weigh 1", LOSS_FILE, "chosen.coordinate_weight * wrong_place", "wrong_place", f"{LOSS} equation"),
    Mutant("empty boxes weigh 1", LOSS_FILE, "chosen.empty_weight * confidence.square()", "confidence.square()", f"{LOSS} equation"),
    Mutant("the box that is not responsible is left alone", LOSS_FILE, "torch.where(responsible, own, chosen.empty_weight * confidence.square())", "torch.where(responsible, own, chosen.empty_weight * confidence.square() * ~occupied.unsqueeze(2))", f"{LOSS} equation"),
    Mutant("both boxes responsible", LOSS_FILE, "(number == best).expand_as(overlap)", "torch.ones_like(overlap, dtype=torch.bool)", f"{LOSS} overlaps_most"),
    Mutant("the box that overlaps least is responsible", LOSS_FILE, "overlap.argmax(2, keepdim=True)", "overlap.argmin(2, keepdim=True)", f"{LOSS} overlaps_most"),
    Mutant("the overlap has a gradient", LOSS_FILE, "    @torch.no_grad()\n", "", f"{LOSS} constant"),
    Mutant("confidence is to be 1", LOSS_FILE, 'chosen.confidence == "iou"', "False", f"{LOSS} equation"),
    Mutant("classes of empty cells are learned", LOSS_FILE, "(occupied * wrong_class)", "wrong_class", f"{LOSS} without_objects"),
    Mutant("the class of another object", LOSS_FILE, "padded.gather(1, targets.owner % padded.shape[1])", "padded.gather(1, (targets.owner.clamp(min=0) * 0) % padded.shape[1]).clamp(min=0)", f"{LOSS} equation"),
    Mutant("the mean over cells", LOSS_FILE, "losses.sum((1, 2))", "losses.mean((1, 2))", f"{LOSS} equation"),
    Mutant("scores without the confidence", LOSS_FILE, "product = confidence * scores", "product = 1 * scores", f"{LOSS} candidate"),
    Mutant("scores above 1", LOSS_FILE, "boxes[..., 4:].clamp(0, 1)", "boxes[..., 4:]", f"{LOSS} candidate"),
    Mutant("candidates decoded without roots", LOSS_FILE, "decode_cells(boxes[..., :4], grid, size, root=self.objective.root)  # batch cell box 4", "decode_cells(boxes[..., :4], grid, size, root=False)", f"{LOSS} candidate"),
    Mutant("height for width in the frame", "models/yolo.py", "torch.tensor([height, width])", "torch.tensor([width, height])", f"{MODEL} any_size"),
    Mutant("cells column by column", "models/yolo.py", "self.out(x).flatten(2)", "self.out(x).transpose(2, 3).flatten(2)", f"{MODEL} row_by_row"),
    Mutant("a grid as large as the last map", "models/yolo.py", "self.head(self.mean(x))", "self.head(x)", f"{MODEL} any_size"),
    Mutant("boxes of no size at first", "models/yolo.py", "BOX = (0.5, 0.5, 0.5, 0.5, 0.0)", "BOX = (0.0, 0.0, 0.0, 0.0, 0.0)", f"{MODEL} before_training"),
]  # fmt: skip
