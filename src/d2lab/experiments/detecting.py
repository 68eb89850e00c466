"""Objects found in image files, in the pixels of the files, by a run's detector."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.image import open_image, quiet_pillow, upright_size
from d2lab.data.image_fit import fitted_sizes
from d2lab.experiments.exported import ExportedModel
from d2lab.experiments.trained import Trained
from d2lab.train.detection import Detection


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Objects in one image file, best first.

    Args:
        file: of the image.
        size: its width and height, upright, pixels.
        boxes: left, top, right, bottom, in its pixels.
        labels: numbers of the classes.
        scores: 0 to 1.
    """

    file: Path
    size: tuple[int, int]
    boxes: Tensor
    labels: Tensor
    scores: Tensor


def detect_files(model: Trained | ExportedModel, files: Sequence[Path], *, min_score: float = 0.0) -> list[Found]:
    """Detect objects in image files, each read as the run's training images were.

    Args:
        model: a run of a detector, or an exported file of one.
        files: of the images.
        min_score: below which nothing is reported; the run's own setting, if that is higher.

    Raises:
        ConfigError: the model is no detector.
        DataError: a file is no image.
    """
    if isinstance(model, Trained) and not isinstance(model.experiment.task, Detection):
        need = "a run of a detector, such as d2lab train points"
        raise ConfigError(f"run {model.record.name}", got=model.experiment.task.name, need=need)
    answers: Any = model.predict(list(files)) if isinstance(model, Trained) else model.detect(files)
    frame = model.preparation.shape[1:]
    return [
        _in_file(file, frame, {name: values[row] for name, values in answers.items()}, min_score)
        for row, file in enumerate(files)
    ]


def _in_file(file: Path, frame: tuple[int, ...], answer: dict[str, Tensor], min_score: float) -> Found:
    """Move the boxes of one image from the model's pixels to those of its file, and cut them off at its edge."""
    size = size_of(file)
    seen = fitted_sizes(np.array([size]), (frame[0], frame[1]))[0]
    real = torch.arange(len(answer["scores"])) < answer["count"]
    real &= answer["scores"] >= min_score
    scale = torch.tensor([*size, *size]) / torch.from_numpy(np.tile(seen, 2))
    boxes = (answer["boxes"][real] * scale).clamp(min=0).minimum(torch.tensor([*size, *size]).float())
    return Found(file, size, boxes, answer["labels"][real], answer["scores"][real])


def size_of(file: Path) -> tuple[int, int]:
    """Return the width and height of an image file as it is seen, upright.

    Raises:
        DataError: it is no image.
    """
    with quiet_pillow(), open_image(file, str(file)) as image:
        return upright_size(image)


def as_coco(found: Sequence[Found], classes: Sequence[str]) -> dict[str, Any]:
    """Return detections in COCO's form: images, categories and annotations with a score each; ids begin at 1.

    Args:
        found: by `detect_files`.
        classes: names by number.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, one in enumerate(found, start=1):
        images.append({"id": number, "file_name": str(one.file), "width": one.size[0], "height": one.size[1]})
        for box, label, score in zip(one.boxes.tolist(), one.labels.tolist(), one.scores.tolist(), strict=True):
            left, top, right, bottom = box
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": label + 1,
                    "bbox": [left, top, right - left, bottom - top],
                    "area": (right - left) * (bottom - top),
                    "iscrowd": 0,
                    "score": score,
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(classes, start=1)]
    return {"images": images, "categories": categories, "annotations": annotations}
