"""What an annotated data set holds, and what is wrong with it: counted, not repaired."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from d2lab.data.annotation import Annotations, is_degenerate, is_out_of_frame, is_thin
from d2lab.data.annotation_folder import guess_kind, read_parts

SHOWN = 3  # images that are named for each kind of fault


@dataclass(frozen=True, slots=True)
class AnnotationCounts:
    """Counts of one part of a data set.

    Args:
        images: all of them.
        missing: images whose file was not found.
        empty: images without objects.
        most: objects of the fullest image.
        objects: boxes in all.
        ignored: objects that evaluation ignores (COCO's crowds, what Pascal VOC calls difficult).
        degenerate: boxes without area.
        thin: other boxes with a side of at most one pixel: legal, and often a slip of the mouse.
        out_of_frame: boxes that reach out of their image by more than 0.01 pixel.
        before_first: boxes that begin one pixel before the image: in a VOC file, one that counts from 0.
        classes: objects of each class, by name, in the order of their numbers.
        examples: names of the first images with a bad box.
    """

    images: int
    missing: int
    empty: int
    most: int
    objects: int
    ignored: int
    degenerate: int
    thin: int
    out_of_frame: int
    before_first: int
    classes: dict[str, int]
    examples: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the counts as lines of text, faults last."""
        said = [
            f"{self.images:,} images, {self.empty:,} of them without objects, {self.missing:,} not found",
            f"{self.objects:,} boxes, at most {self.most:,} in one image, {self.ignored:,} ignored in evaluation",
        ]
        said += [f"{count:,} {name}" for name, count in self.classes.items()]
        said += [f"{self.degenerate:,} boxes without area"] if self.degenerate else []
        said += [f"{self.thin:,} boxes with a side of at most one pixel"] if self.thin else []
        said += [f"{self.out_of_frame:,} boxes out of their image"] if self.out_of_frame else []
        if self.before_first:
            said.append(
                f"{self.before_first:,} boxes begin one pixel before their image, as where VOC files count from 0"
            )
        return said + ([f"for instance in {', '.join(self.examples)}"] if self.examples else [])


def count_annotations(found: Annotations, files: Sequence[Path | None] | None = None) -> AnnotationCounts:
    """Count images, objects and faults.

    Args:
        found: read with ``bad_boxes="keep"``.
        files: the file of each image, None where there is none; without it none counts as missing.
    """
    degenerate, outside = is_degenerate(found.boxes), is_out_of_frame(found)
    bad = np.unique(found.images[degenerate | outside])[:SHOWN]
    per_class = np.bincount(found.labels, minlength=len(found.classes)).tolist()
    return AnnotationCounts(
        images=len(found),
        missing=sum(file is None for file in files or ()),
        empty=int((found.counts == 0).sum()),
        most=int(found.counts.max(initial=0)),
        objects=len(found.boxes),
        ignored=int(found.ignored.sum()),
        degenerate=int(degenerate.sum()),
        thin=int(is_thin(found.boxes).sum()),
        out_of_frame=int(outside.sum()),
        before_first=int((found.boxes[:, :2] == -1).any(1).sum()),
        classes=dict(zip(found.classes, per_class, strict=True)),
        examples=tuple(found.names[image] for image in bad.tolist()),
    )


def check_annotations(path: Path, kind: str | None = None) -> dict[str, AnnotationCounts]:
    """Count what lies in a folder, part by part; no image is decoded.

    Args:
        path: the folder, or a file of COCO or YOLO.
        kind: "coco", "voc", "yolo" or "labelme"; found from the files unless given.

    Raises:
        ConfigError: the kind is unknown.
        DataError: no annotations are there, or a file can't be read.
    """
    parts = read_parts(kind or guess_kind(path), path)
    return {name: count_annotations(part.annotations, part.files) for name, part in parts.items()}
