"""python -m benchmarks.vs_book: see README.md beside this file."""

import argparse
import sys
from pathlib import Path

from benchmarks.vs_book import environment, table
from benchmarks.vs_book.contest import MODELS
from benchmarks.vs_book.run import Contest, check_models, read
from benchmarks.vs_book.wire import ROOT, WorkerError

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import D2labError, RunError

PAGES = {"en": ROOT / "docs" / "benchmarks.md", "zh": ROOT / "docs" / "benchmarks.zh.md"}


def options() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_book", description="d2lab beside the book's d2l.")
    parser.add_argument("--models", "--nets", default=",".join(MODELS), help="with commas between (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of the speed stage (default 5)")
    parser.add_argument("--accuracy", action="store_true", help="run the accuracy stage only; goes on where it stopped")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the accuracy stage (default 3)")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of the accuracy stage (default 10)")
    parser.add_argument(
        "--quick", action="store_true", help="one round of one epoch, no warm-up: a try, no measurement"
    )
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    parser.add_argument("--docs", action="store_true", help="only write the tables into docs/benchmarks*.md")
    parser.add_argument("--peer-python", type=Path, help="a Python that has the book's package")
    parser.add_argument(
        "--out", type=Path, help="results file (default results.json here; for --quick .env/quick.json)"
    )
    return parser


def main() -> int:
    """Run the stages that were asked for."""
    given = options().parse_args()
    default = environment.FOLDER / "quick.json" if given.quick else environment.HERE / "results.json"
    out = (given.out or default).absolute()
    try:
        if not (given.table or given.docs):
            measure(given, out)
        result = read(out)
        if not result:
            raise RunError("--out", got=f"no {out.name}", need="results", fix="Measure first.")
        if given.docs:
            for language, page in PAGES.items():
                block = table.markdown(result, language)
                write_bytes(page, table.place(page.read_text(encoding="utf-8"), block).encode())
        table.show(result)
    except (D2labError, WorkerError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def measure(given: argparse.Namespace, out: Path) -> None:
    """Prepare the book's environment and data, then measure."""
    models = check_models(given.models.split(","))
    environment.place_data()
    contest = Contest(out, models, environment.peer_python(given.peer_python), quick=given.quick)
    if given.accuracy:
        contest.accuracy(given.seeds, given.epochs)
    else:
        contest.speed(1 if given.quick else given.rounds)
        contest.memory()


if __name__ == "__main__":
    sys.exit(main())
