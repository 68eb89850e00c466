"""What annotated images hold and what is wrong with them: counts, lines of text, a figure, suspicious ones first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2lab.data.annotation_check import count_annotations
from d2lab.data.annotation_source import Source
from d2lab.plot import BoxPanel, MarkedBoxes, box_grid, box_names, save_both
from d2lab.plot.boxes import BoxKind
from d2lab.reports.annotation_faults import KINDS, Fault

NAMED = 3  # images that are named for each kind of fault
IMAGES, COLUMNS = 20, 5  # of the figure
LONGEST = 400  # pixels of the longest side of a drawn image
MOST_NAMES = 12  # boxes of an image that still have room for names

Place = tuple[str, int]  # a part, and the number of an image


def count_rows(parts: Mapping[str, Source]) -> list[list[str]]:
    """Return a table of counts, a column for each part: images, boxes, boxes of each class.

    Args:
        parts: by `read_source`.
    """
    counts = [count_annotations(source.annotations, source.files) for source in parts.values()]
    facts = {
        "images": [one.images for one in counts],
        "images without objects": [one.empty for one in counts],
        "boxes": [one.objects for one in counts],
        "boxes in one image, at most": [one.most for one in counts],
        "boxes ignored in evaluation": [one.ignored for one in counts],
    }
    rows = [[what, *(f"{value:,}" for value in values)] for what, values in facts.items()]
    return rows + [[f"  {name}", *(f"{one.classes[name]:,}" for one in counts)] for name in counts[0].classes]


def describe_faults(parts: Mapping[str, Source], faults: Sequence[Fault]) -> list[str]:
    """Return a line for each kind of fault: how many, what, and the first images.

    Args:
        parts: by `read_source`.
        faults: by `find_faults`.
    """
    by_kind = defaultdict(list)
    for fault in faults:
        by_kind[fault.kind].append(fault)
    lines = []
    for kind, found in by_kind.items():
        count = sum(len(fault.objects) or 1 for fault in found)
        named = ", ".join(f"{fault.part} {fault.said}" if len(parts) > 1 else fault.said for fault in found[:NAMED])
        more = f" and {len(found) - NAMED:,} more images" if len(found) > NAMED else ""
        lines.append(f"{count:,} {KINDS[kind][1]}: {named}{more}")
    early = sum(count_annotations(source.annotations).before_first for source in parts.values())
    if early:
        lines.append(f"{early:,} boxes begin one pixel before their image, as where VOC files count from 0")
    return lines or ["Nothing suspicious."]


def draw_annotations(
    parts: Mapping[str, Source], faults: Sequence[Fault], path_without_suffix: Path, *, title: str
) -> Path:
    """Draw images with their boxes, suspicious ones first, and return the PNG's path.

    Boxes at fault are dashed. Where there is room, images without a fault follow, from each part.

    Args:
        parts: by `read_source`.
        faults: by `find_faults`.
        path_without_suffix: of the figure; `.png` and `-dark.png` are appended.
        title: headline.

    Raises:
        DataError: a drawn image can't be decoded.
    """
    kinds: dict[Place, list[Fault]] = defaultdict(list)
    for fault in faults:
        kinds[fault.part, fault.image].append(fault)
    hidden = {place for place, found in kinds.items() if any(fault.kind in ("missing", "broken") for fault in found)}
    suspicious = [place for place in kinds if place not in hidden]
    chosen = suspicious[:IMAGES]
    chosen += list(_others(parts, set(kinds), IMAGES - len(chosen)))
    panels = [_panel(parts, place, kinds.get(place, ())) for place in chosen]
    count = sum(source.annotations.sizes.shape[0] for source in parts.values())
    drawn = min(len(suspicious), len(panels))
    said = f"{len(panels)} of {count:,} images, {drawn} of {len(suspicious):,} suspicious ones"
    save_both(
        lambda theme: box_grid(panels, theme, title=title, subtitle=said, columns=COLUMNS),
        path_without_suffix,
        ("png",),
    )
    return path_without_suffix.with_name(f"{path_without_suffix.name}.png")


def _others(parts: Mapping[str, Source], taken: set[Place], count: int) -> Iterator[Place]:
    """Yield images without a fault, evenly from each part."""
    every = [[(part, row) for row in range(len(source.annotations))] for part, source in parts.items()]
    whole = [left for places in every if (left := [place for place in places if place not in taken])]
    for number, places in enumerate(whole):
        share = min(len(places), count // len(whole) + (number < count % len(whole)))
        yield from (places[len(places) * step // share] for step in range(share))


def _panel(parts: Mapping[str, Source], place: Place, faults: Sequence[Fault]) -> BoxPanel:
    """Return an image with its boxes, made small."""
    part, image = place
    found = parts[part].annotations
    pixels, scale = _small(parts[part].read(image))
    rows = np.flatnonzero(found.images == image)
    bad = np.isin(rows, [row for fault in faults for row in fault.objects])
    marked = []
    chosen_as: dict[BoxKind, NDArray[np.int64]] = {"plain": rows[~bad], "wrong": rows[bad]}
    for kind, chosen in chosen_as.items():
        if not len(chosen):
            continue
        labels = found.labels[chosen].tolist()
        names = box_names(labels, found.classes) if len(rows) <= MOST_NAMES or kind == "wrong" else ()
        numbers = labels if kind == "plain" else ()
        marked.append(MarkedBoxes(boxes=found.boxes[chosen] * scale, names=names, kind=kind, numbers=numbers))
    words = ", ".join(dict.fromkeys(fault.kind for fault in faults))
    name = f"{part} {Path(found.names[image]).name}" if len(parts) > 1 else Path(found.names[image]).name
    return BoxPanel(image=pixels, marked=marked, caption=f"{name}: {words}" if words else name)


def _small(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Return an image of at most 400 pixels, and the factor."""
    from PIL import Image

    height, width = pixels.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    if scale == 1:
        return pixels, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)), scale
