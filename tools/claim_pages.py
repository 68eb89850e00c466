"""Write what the pages about claims take from the records. Run: python -m tools.claim_pages [--draw].

docs/claims.md gets the table of verdicts and every claim; a page docs/failures/ID.md gets the evidence of its claim;
--draw runs the checks of those pages and draws their figures anew. What is written by hand stays.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.vs_book.table import place

from d2lab.claims.catalog import CLAIMS, find_claim
from d2lab.claims.page import chapter_list, evidence_table, summary, title
from d2lab.core.atomic import write_bytes
from d2lab.core.errors import D2labError, RunError
from d2lab.core.language import LANGUAGES, Language
from d2lab.plot import save_both

DOCS = Path(__file__).resolve().parents[1] / "docs"
FAILURES = DOCS / "failures"
MARKS = {
    name: (f"<!-- {name}: begin -->", f"<!-- {name}: end -->") for name in ("summary", "failures", "claims", "evidence")
}


def page(name: str, language: Language, folder: Path = DOCS) -> Path:
    """Name the file of a page in a language."""
    return folder / (f"{name}.md" if language == "en" else f"{name}.{language}.md")


def stories() -> list[str]:
    """List the claims that have a page of their own, in the order of the notes."""
    told = {path.name.split(".")[0] for path in FAILURES.glob("*.md")}
    return [name for name in CLAIMS if name in told]


def story_list(language: Language) -> str:
    """Write a line for each page about a failure: its headline, linked."""
    lines = []
    for name in stories():
        file = page(name, language, FAILURES)
        headline = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"- [{headline}](failures/{file.name})")
    return "\n".join(lines)


def claim_list(language: Language) -> str:
    """Write a section a chapter."""
    chapters = sorted({claim.chapter for claim in CLAIMS.values()})
    return "\n\n".join(f"### {c} {title(c, language)}\n\n{chapter_list(c, language)}" for c in chapters)


def written(language: Language) -> dict[Path, str]:
    """Return every page as it should stand, by file."""
    whole = page("claims", language)
    text = whole.read_text(encoding="utf-8")
    blocks = {"summary": summary(language), "failures": story_list(language), "claims": claim_list(language)}
    for name, block in blocks.items():
        text = place(text, block, *MARKS[name])
    found = {whole: text}
    for name in stories():
        file = page(name, language, FAILURES)
        table = evidence_table(find_claim(name), language)
        found[file] = place(file.read_text(encoding="utf-8"), table, *MARKS["evidence"])
    return found


def draw(name: str) -> None:
    """Run a check and write its figure in both themes.

    Raises:
        RunError: the check gives no figure.
    """
    figure = find_claim(name).run()[0].figure
    if figure is None:
        raise RunError(f"the figure of {name}", got="none", need="one for its page")
    save_both(figure, FAILURES / "pictures" / name, ["svg"])


def main() -> int:
    """Write the pages."""
    parser = argparse.ArgumentParser(prog="python -m tools.claim_pages", description=__doc__)
    parser.add_argument("--draw", action="store_true", help="run the checks of the failures and draw their figures")
    given = parser.parse_args()
    try:
        for name in stories() if given.draw else ():
            draw(name)
        for language in LANGUAGES:
            for file, text in written(language).items():
                write_bytes(file, text.encode())
    except D2labError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
