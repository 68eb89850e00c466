"""Code cells run in a fresh kernel: what they gave, how long they took, which modules of d2lab they used."""

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from d2lab.core.errors import MissingExtraError, RunError
from d2lab.lessons.svg import compact_svg
from d2lab.plot.drawing import MIMES

CELL_SECONDS = 300
COLORS = re.compile(r"\x1b\[[0-9;]*m")
LAST = """
import json, sys, time
used = sorted(name for name in sys.modules if name.partition(".")[0] == "d2lab")
print(json.dumps({"seconds": time.process_time(), "modules": used}))
"""
# A lesson must give the same on every machine: it sees the sets that the package brings, not those at hand here.
HIDDEN = ("D2LAB_DATA", "D2LAB_CACHE")

Output = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a kernel gave.

    Args:
        outputs: a list a cell, as notebooks write them; figures made small.
        seconds: of processor time, the imports included.
        modules: of d2lab that were imported by the end.
    """

    outputs: list[list[Output]]
    seconds: float
    modules: list[str]


def run_cells(sources: Sequence[str], name: str) -> Ran:
    """Run cells one after another in a kernel of their own, in an empty folder, with one thread and no window.

    Args:
        sources: of the cells.
        name: of the lesson, for errors.

    Raises:
        RunError: a cell failed; the line names the lesson, the cell and the error.
        MissingExtraError: nbclient or ipykernel is not installed.
    """
    cells = _run([*sources, LAST], name)
    said = json.loads("".join(cells[-1][0]["text"]))
    return Ran([_tidied(outputs) for outputs in cells[:-1]], float(said["seconds"]), list(said["modules"]))


def _run(sources: Sequence[str], name: str) -> list[list[Output]]:
    try:
        import ipykernel  # noqa: F401 (the kernel that is started)
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
        from nbformat.v4 import new_code_cell, new_notebook
    except ImportError as cause:
        need = "nbclient and ipykernel, of the extra d2lab[site]"
        fix = "pip install nbclient ipykernel"
        raise MissingExtraError("running lessons", got=str(cause), need=need, fix=fix) from cause
    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="d2lab-lesson-") as place:
        resources = {"metadata": {"path": place}}
        client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", resources=resources)
        client.extra_arguments = ["--log-level=ERROR"]  # its warning about loopback is no news
        try:
            with ThreadPoolExecutor(1) as own:  # the caller's thread may have a loop that runs already
                own.submit(lambda: asyncio.run(client.async_execute(env=_environment(place)))).result()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as cause:
            at = next((i for i, cell in enumerate(notebook.cells, 1) if _failed(cell)), len(sources))
            got = COLORS.sub("", str(cause)).strip().splitlines()[-1]
            raise RunError(f"lesson {name}, code cell {at}", got=got, need="a cell that runs") from cause
    return [[json.loads(json.dumps(output)) for output in cell.outputs] for cell in notebook.cells]


def _environment(place: str) -> dict[str, str]:
    """Return what a kernel sees: one thread, no window, folders of its own, English."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    own = {"D2LAB_RUNS": f"{place}/runs", "D2LAB_CACHE": f"{place}/cache", "D2LAB_LANGUAGE": "en"}
    return {**kept, **own, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONHASHSEED": "0"}


def _failed(cell: Any) -> bool:  # noqa: ANN401 (a notebook's cell)
    return any(output.output_type == "error" for output in cell.outputs)


def _tidied(outputs: list[Output]) -> list[Output]:
    """Join what a stream wrote in pieces, drop counts of executions, and make figures small."""
    tidy: list[Output] = []
    for output in outputs:
        if "text" in output:
            text = "".join(output["text"])
            if tidy and tidy[-1].get("name") == output.get("name"):
                tidy[-1]["text"] += text
            else:
                tidy.append({**output, "text": text})
            continue
        data = {mime: _joined(value) for mime, value in output.get("data", {}).items()}
        small = {mime: compact_svg(value) for mime, value in data.items() if mime in MIMES}
        whole = {key: value for key, value in output.items() if key != "execution_count"}
        tidy.append({**whole, "data": {**data, **small}})
    return tidy


def _joined(value: object) -> Any:  # noqa: ANN401 (text, or the values that a lesson kept)
    return "".join(value) if isinstance(value, list) else value
