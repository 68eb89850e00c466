"""Many layers as few parts: the rows of a summary summed up by the first parts of their names."""

from dataclasses import dataclass

from d2lab.inspection.summary import ModelSummary, Row
from d2lab.inspection.timing import Times


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One layer, or all rows whose names begin alike."""

    name: str
    layers: int  # rows in it
    last: Row  # its shape and field are the part's
    parameters: int
    multiply_adds: int
    activation_bytes: int
    time_share: float | None  # None where no time was taken


def fold(summary: ModelSummary, depth: int | None = None, times: Times | None = None) -> list[Part]:
    """Sum neighboring rows up whose names agree in the first `depth` parts; return one a row without a depth.

    Args:
        summary: the rows.
        depth: parts of a name that tell rows apart: with 1, `stage1.0.conv1` counts to `stage1`.
        times: of the same model.
    """
    groups: list[tuple[str, list[Row]]] = []
    for row in summary.rows:
        name = row.name if depth is None else ".".join(row.name.split(".")[:depth])
        if depth is not None and groups and groups[-1][0] == name:
            groups[-1][1].append(row)
        else:
            groups.append((name, [row]))
    return [_part(name, rows, times) for name, rows in groups]


def _part(name: str, rows: list[Row], times: Times | None) -> Part:
    return Part(
        name=name,
        layers=len(rows),
        last=rows[-1],
        parameters=sum(row.parameters for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
        activation_bytes=sum(row.activation_bytes for row in rows),
        time_share=None if times is None else sum(times.share(row.name, row.call) for row in rows),
    )


def fold_to(summary: ModelSummary, most: int, times: Times | None = None) -> list[Part]:
    """Fold as little as gives no more than `most` parts; to the direct children where even they are more.

    Args:
        summary: the rows.
        most: parts.
        times: of the same model.
    """
    parts = fold(summary, None, times)
    depth = max((row.name.count(".") + 1 for row in summary.rows), default=1)
    while len(parts) > most and depth >= 1:
        parts = fold(summary, depth, times)
        depth -= 1
    return parts
