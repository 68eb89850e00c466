"""The book's TinySSD, read from a clone of d2l-zh, and ours: each as a training step. No line of the book is kept here.

Both read images `[batch, 3, height, width]` in [0, 1] and one object in each: a class and its box, shares of the image.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.data.batch import Batch
from d2lab.models.ssd import TinySSD, TinySSDConfig
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.train.anchor_detection import AnchorDetection
from d2lab.train.config import LoopConfig
from d2lab.train.detection import SuppressionConfig
from d2lab.train.train_step import TrainStep

PACKAGE, CHAPTER = Path("d2l", "torch.py"), Path("chapter_computer-vision", "ssd.md")
NEEDED = (
    "box_corner_to_center",
    "box_center_to_corner",
    "multibox_prior",
    "box_iou",
    "assign_anchor_to_bbox",
    "offset_boxes",
    "multibox_target",
    "offset_inverse",
    "nms",
    "multibox_detection",
)
VALUES = ("sizes", "ratios", "num_anchors", "cls_loss", "bbox_loss")
CELL = re.compile(r"^```\{\.python \.input\}\n#@tab (?:pytorch|all)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHORT = {
    "tensor": torch.tensor,
    "stack": torch.stack,
    "concat": lambda parts, axis=0: torch.cat(parts, axis),
    "log": torch.log,
    "exp": torch.exp,
    "reshape": torch.reshape,
    "matmul": torch.matmul,
    "abs": torch.abs,
    "size": torch.numel,
}  # as its config.ini has it
Step = Callable[[Tensor, Tensor], Tensor]  # images, labels [batch, 1, 5] -> loss, not read


def read_book(
    clone: Path,
    chapter_file: Path = CHAPTER,
    needed: tuple[str, ...] = NEEDED,
    values: tuple[str, ...] = VALUES,
) -> SimpleNamespace:
    """Return what a chapter defines, that on SSD by default, and the functions of the book's package that it calls.

    Args:
        clone: a checkout of d2l-zh, or a folder with these two files of it.
        chapter_file: of the chapter, in the clone.
        needed: functions of the package.
        values: names of the chapter that are assigned.
    """
    package: dict[str, Any] = {"torch": torch, "nn": nn, "d2l": SimpleNamespace(**SHORT)}
    for node in ast.parse((clone / PACKAGE).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name in needed:
            _run(node, package, PACKAGE)
            setattr(package["d2l"], node.name, package[node.name])
    chapter = {name: package[name] for name in ("torch", "nn", "d2l")}
    for cell in CELL.findall((clone / chapter_file).read_text(encoding="utf-8")):
        for node in ast.parse(re.sub(r"^%.*$", "", cell, flags=re.MULTILINE)).body:
            if _is_needed(node, values):
                _run(node, chapter, chapter_file)
    return SimpleNamespace(**chapter)


def _is_needed(node: ast.stmt, values: tuple[str, ...]) -> bool:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return True
    if not isinstance(node, ast.Assign):
        return False
    names = [one.id for one in ast.walk(node.targets[0]) if isinstance(one, ast.Name)]
    return bool(names) and set(names) <= set(values)


def _run(node: ast.stmt, names: dict[str, Any], file: Path) -> None:
    exec(compile(ast.Module([node], []), str(file), "exec"), names)  # noqa: S102 (code that the user names)


def book_loss(book: SimpleNamespace, net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the mean loss of the book's net; its metrics are computed beside it, as in the book's loop."""
    anchors, classes, offsets = net(images)
    wanted_offsets, mask, wanted = book.d2l.multibox_target(anchors, labels)
    loss: Tensor = book.calc_loss(classes, wanted, offsets, wanted_offsets, mask).mean()
    book.cls_eval(classes.detach(), wanted)
    book.bbox_eval(offsets.detach(), wanted_offsets, mask)
    return loss


def book_step(book: SimpleNamespace, net: nn.Module) -> Step:
    """Return a step of the book's training loop."""
    trainer = torch.optim.SGD(net.parameters(), lr=0.2, weight_decay=5e-4)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        trainer.zero_grad()
        loss = book_loss(book, net, images, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        trainer.step()
        return loss.detach()

    return step


def our_step(model: TinySSD, *, half: bool = False) -> Step:
    """Return a step as our loop takes it, with the optimizer's settings of the book: layout chosen by itself.

    Args:
        model: trained in place.
        half: matrix products in bfloat16.
    """
    trained = TrainStep(
        model,
        our_task(),
        optimizer=OptimizerConfig(name="sgd", learning_rate=0.2, weight_decay=5e-4),
        schedule=ScheduleConfig(),
        loop=LoopConfig(precision="bfloat16" if half else "float32"),
        prepare=lambda images: images,
        example=torch.zeros(1, 3, 256, 256),
        device=torch.device("cpu"),
        total_steps=1,
    )
    model.train()
    return lambda images, labels: trained(our_batch(images, labels)).loss


def our_model(book: SimpleNamespace, net: nn.Module) -> TinySSD:
    """Return ours with the weights of the book's net and its rounded sizes of anchors."""
    model = TinySSD(TinySSDConfig(classes=int(net.get_submodule("cls_0").out_channels // book.num_anchors - 1)))
    model.sizes = tuple(tuple(level) for level in book.sizes)
    theirs = net.state_dict()
    names = sorted(theirs, key=lambda name: not name.startswith("blk"))  # ours: all blocks, then all heads
    model.load_state_dict(dict(zip(model.state_dict(), (theirs[name] for name in names), strict=True)))
    return model


def our_batch(images: Tensor, labels: Tensor) -> Batch:
    """Return the same images as our task reads them: boxes in pixels."""
    height, width = images.shape[2:]
    boxes = labels[:, :, 1:] * labels.new_tensor([width, height, width, height])
    count = torch.full((len(images),), labels.shape[1])
    return Batch(images, {"boxes": boxes, "labels": labels[:, :, 0].long(), "count": count})


def our_task(classes: int = 1) -> AnchorDetection:
    """Return our task with the book's loss, which is the default."""
    return AnchorDetection(classes=classes, suppression=SuppressionConfig())
