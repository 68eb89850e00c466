"""Computational graphs, drawn: inputs on the left, the result on the right, values and gradients in the boxes."""

from xml.sax.saxutils import escape

import numpy as np

from d2lab.engine.array import Array
from d2lab.engine.operations import Values

WIDTH, HEIGHT = 176, 62  # of a box, pixels
GAP_X, GAP_Y = 48, 18
MARGIN = 16
SHOWN = 3  # entries of an array that are written out
STYLE = """
  text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2430; text-anchor: middle; }
  .name { font-weight: bold; } .grad { fill: #a3420e; }
  rect { fill: #f4f6fb; stroke: #5b6b8c; } .leaf { fill: #e2f0e6; stroke: #2e7d4f; }
  path { fill: none; stroke: #5b6b8c; stroke-width: 1.3; } marker path { fill: #5b6b8c; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8ebf2; } .grad { fill: #ffb38a; }
    rect { fill: #252b3a; stroke: #93a3c4; } .leaf { fill: #1f3a2b; stroke: #7fce9f; }
    path { stroke: #93a3c4; } marker path { fill: #93a3c4; }
  }
"""


def graph_svg(array: Array, names: dict[str, Array] | None = None) -> str:
    """Draw the computational graph of a result as an SVG figure for light and dark pages.

    A box shows the operation (or the name of an input), the value (or the shape, where it is large), and the gradient
    where `backward()` left one.

    Source: Bauer 1974, "Computational Graphs and Rounding Error" (the figure).

    Args:
        array: the result.
        names: labels for inputs or results, written instead of the operation.
    """
    boxes = _everything(array)
    known = {id(named): name for name, named in (names or {}).items()}
    places = _places(boxes)
    width = max(x for x, _ in places.values()) + WIDTH + MARGIN
    height = max(y for _, y in places.values()) + HEIGHT + MARGIN
    lines = [_edge(places[id(parent)], places[id(box)]) for box in boxes for parent in box.parents]
    drawn = [_box(box, places[id(box)], known.get(id(box))) for box in boxes]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    marker = (
        '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z"/></marker>'
    )
    title = f"<title>Computational graph of {len(boxes)} nodes</title>"
    body = "\n".join([*lines, *drawn])
    return f'{head} role="img">\n{title}\n<style>{STYLE}</style>\n<defs>{marker}</defs>\n{body}\n</svg>\n'


def _everything(array: Array) -> list[Array]:
    """List a result and everything it depends on, constants too, parents first."""
    found: dict[int, Array] = {}
    waiting = [(array, False)]
    while waiting:
        current, parents_done = waiting.pop()
        if parents_done:
            found.setdefault(id(current), current)
        elif id(current) not in found:
            waiting.append((current, True))
            waiting.extend((parent, False) for parent in reversed(current.parents))
    return list(found.values())


def _places(boxes: list[Array]) -> dict[int, tuple[int, int]]:
    """Put each box one column behind its last parent, constants next to their use; columns are centered."""
    depth: dict[int, int] = {}
    for box in boxes:
        depth[id(box)] = 1 + max((depth[id(parent)] for parent in box.parents), default=-1)
    for box in reversed(boxes):  # an input that is used late moves up to its use
        for parent in box.parents:
            if not parent.parents:
                uses = [depth[id(user)] for user in boxes if any(p is parent for p in user.parents)]
                depth[id(parent)] = min(uses) - 1
    columns: dict[int, list[Array]] = {}
    for box in boxes:
        columns.setdefault(depth[id(box)], []).append(box)
    tallest = max(map(len, columns.values()))
    places = {}
    for column, members in columns.items():
        top = MARGIN + (tallest - len(members)) * (HEIGHT + GAP_Y) // 2
        for row, box in enumerate(members):
            places[id(box)] = (MARGIN + column * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y))
    return places


def _edge(start: tuple[int, int], end: tuple[int, int]) -> str:
    x, y = start[0] + WIDTH, start[1] + HEIGHT // 2
    to_x, to_y = end[0], end[1] + HEIGHT // 2
    half = (to_x - x) // 2
    return f'<path d="M{x} {y} C{x + half} {y} {to_x - half} {to_y} {to_x} {to_y}" marker-end="url(#tip)"/>'


def _box(box: Array, place: tuple[int, int], name: str | None) -> str:
    x, y = place
    title = name or (box.operation.name if box.operation else "input" if box.requires_grad else "constant")
    kind = "" if box.operation else ' class="leaf"'
    texts = [("name", title), ("", _written(box.data))]
    if box.grad is not None:
        texts.append(("grad", f"grad {_written(box.grad)}"))
    step = HEIGHT // (len(texts) + 1)
    rows = "".join(
        f'<text class="{style}" x="{x + WIDTH // 2}" y="{y + 4 + step * number}">{escape(text)}</text>'
        for number, (style, text) in enumerate(texts, start=1)
    )
    return f'<g><rect{kind} x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>{rows}</g>'


def _written(values: Values) -> str:
    """Write few numbers out, many as their shape."""
    if values.size > SHOWN:
        return "[" + " x ".join(map(str, values.shape)) + "]"
    return " ".join(f"{value:.3g}" for value in np.ravel(values))
