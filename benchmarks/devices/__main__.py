"""python -m benchmarks.devices: measure the devices at hand and put the figures into docs/devices*.md."""

import argparse
import sys
from pathlib import Path

from benchmarks.devices import table
from benchmarks.devices.measure import measure
from benchmarks.vs_book.run import git_state, read
from benchmarks.vs_book.table import place
from benchmarks.vs_book.wire import ROOT

from d2lab.core.atomic import write_bytes, write_json
from d2lab.core.errors import D2labError, RunError

HERE = Path(__file__).resolve().parent
PAGES = {"en": ROOT / "docs" / "devices.md", "zh": ROOT / "docs" / "devices.zh.md"}


def main() -> int:
    """Measure, or only write the pages anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices", description="Copies, products, memory.")
    parser.add_argument("--docs", action="store_true", help="only write the tables into docs/devices*.md")
    parser.add_argument("--out", type=Path, default=HERE / "results.json", help="results file")
    given = parser.parse_args()
    try:
        if not given.docs:
            commit, changed = git_state()
            write_json(given.out, {**measure(), "commit": commit, "uncommitted_changes": changed})
        result = read(given.out)
        if not result:
            raise RunError("--out", got=f"no {given.out.name}", need="results", fix="Measure first.")
        if given.docs:
            for language, page in PAGES.items():
                block = table.markdown(result, language)
                text = place(page.read_text(encoding="utf-8"), block, table.BEGIN, table.END)
                write_bytes(page, text.encode())
        print(table.markdown(result, "en"))
    except D2labError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
