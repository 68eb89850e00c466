"""The verbs of claims: `d2lab check` runs them, `d2lab claims` browses them."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2lab.cli.table import show_table
from d2lab.core.errors import ConfigError, RunError

if TYPE_CHECKING:
    from d2lab.claims.claim import Claim
    from d2lab.claims.evidence import Evidence
    from d2lab.claims.record import Recorded

EXIT_CHANGED = 1
Chapter = Annotated[int | None, typer.Option(help="Only the claims of this chapter.")]
Words = Annotated[list[str] | None, typer.Argument(help="Ids (check), or words to search for, Chinese or English.")]
Row = list[str]


def check(
    ids: Annotated[list[str] | None, typer.Argument(help="Claims by id; all unless given.")] = None,
    chapter: Chapter = None,
    budget: Annotated[float | None, typer.Option(help="Leave out what may take longer than these seconds.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the source of the check and draw its figure.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Write the evidence into the package's records.")] = False,
    seeds: Annotated[int | None, typer.Option(help="Run experiments with seeds 0 to this, not the usual ones.")] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Run experiments so small that they show no more than that they run.")
    ] = False,
    stale: Annotated[bool, typer.Option("--stale", help="Only list claims whose check changed since.")] = False,
) -> None:
    """Measure statements of the notes; exit code 1 when a verdict differs from the recorded one."""
    chosen = _chosen(ids or [], chapter, budget)
    if record and (seeds is not None or smoke):
        raise ConfigError("--record", got="--seeds or --smoke", need="the sizes as they are written in the check")
    if seeds is not None and seeds < 2:
        raise ConfigError("--seeds", got=seeds, need="2 or more: one run has no interval")
    if stale:
        _list_stale(chosen)
        return
    rows, changed = [], 0
    for claim in chosen:
        sizes = _sizes(claim, seeds, smoke=smoke)
        row, differs = _checked(claim, sizes, show=show, record=record)
        changed += differs and not smoke  # so small a run decides nothing
        rows.append(row)
    show_table("", ["claim", "statement", "value", "bound", "verdict", "recorded", "seconds"], rows)
    if changed:
        typer.echo(f"{changed} of {len(rows)} verdicts differ from the recorded ones.")
        raise typer.Exit(EXIT_CHANGED)


def claims(
    words: Words = None,
    chapter: Chapter = None,
    verdict: Annotated[str | None, typer.Option(help="Only claims with this recorded verdict.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Only count the verdicts, chapter by chapter.")] = False,
) -> None:
    """Browse the claims: search in both languages; one id alone shows its statement, evidence and places.

    The name of a function, a file or a page finds the claims that use it, hold it or are told there.
    """
    from d2lab.claims.catalog import CLAIMS, search
    from d2lab.claims.evidence import VERDICTS
    from d2lab.claims.record import recorded

    if verdict is not None and verdict not in VERDICTS:
        raise ConfigError("--verdict", got=verdict, need=f"one of {', '.join(VERDICTS)}")
    if summary:
        _show_summary()
        return
    if words and len(words) == 1 and words[0] in CLAIMS:
        _show_one(CLAIMS[words[0]])
        return
    rows = []
    for claim in search(" ".join(words or []), chapter):
        found = recorded(claim)
        known = found.verdict if found else ""
        if verdict is None or known == verdict:
            rows.append([claim.id, str(claim.chapter), claim.kind, known, claim.en, claim.zh])
    if not rows:
        typer.echo("No claim holds all of these words. All of them:  d2lab claims")
        return
    show_table("", ["claim", "chapter", "kind", "verdict", "statement", "论断"], rows)


def _chosen(ids: list[str], chapter: int | None, budget: float | None) -> "list[Claim]":
    """Choose claims by id, chapter and time.

    Raises:
        ConfigError: an unknown id, or nothing fits.
    """
    from d2lab.claims.catalog import CLAIMS, find_claim

    chosen = [find_claim(name) for name in ids] or list(CLAIMS.values())
    chosen = [c for c in chosen if chapter is None or c.chapter == chapter]
    chosen = [c for c in chosen if budget is None or c.budget_s <= budget]
    if not chosen:
        chapters = sorted({c.chapter for c in CLAIMS.values()})
        need = f"a chapter of {', '.join(map(str, chapters))} and a budget that a claim fits in"
        raise ConfigError("claims", got=f"chapter {chapter}, budget {budget}", need=need)
    return chosen


def _sizes(claim: "Claim", seeds: int | None, *, smoke: bool) -> dict[str, object]:
    """The arguments that a check is given, of those it has."""
    sizes = dict(claim.smoke) if smoke else {}
    return sizes | ({"seeds": range(seeds)} if seeds is not None and "seeds" in claim.sizes else {})


def _checked(claim: "Claim", sizes: dict[str, object], *, show: bool, record: bool) -> tuple[Row, bool]:
    """Run one claim; return its row, and whether its verdict is another than the recorded one."""
    from d2lab.claims.record import record as write
    from d2lab.claims.record import recorded

    try:
        before = recorded(claim)
    except RunError:
        if not record:  # what is broken is about to be written anew
            raise
        before = None
    evidence, seconds = claim.run(**sizes)
    if show:
        typer.echo(f"# {claim.place}\n{claim.source}")
        _draw(claim, evidence)
    if record:
        write(claim, evidence, seconds)
    known = "new" if before is None else _compared(before, evidence)
    same_data = before is not None and before.data == evidence.data  # other data may decide otherwise
    differs = before is not None and same_data and before.verdict != evidence.verdict and not record
    value = f"{evidence.first:.4g}"
    return [claim.id, claim.en, value, evidence.bound, evidence.verdict, known, f"{seconds:.1f}"], differs


def _compared(before: "Recorded", evidence: "Evidence") -> str:
    """Say whether the value came out again, only the verdict, or not even that; other data may decide otherwise."""
    if before.data != evidence.data:
        return f"on {before.data or 'none'}: {before.verdict}"
    if before.verdict != evidence.verdict:
        return f"was: {before.verdict}"
    return "same value" if before.value == evidence.to_json()["value"] else "same verdict"


def _draw(claim: "Claim", evidence: "Evidence") -> None:
    """Draw the figure of the evidence beside the user's runs, say where it lies, and open it where someone looks."""
    from d2lab.plot import save_both
    from d2lab.train.record import runs_folder

    if evidence.figure is not None:
        out = runs_folder() / "claims" / claim.id
        save_both(evidence.figure, out)
        picture = out.with_name(f"{out.name}.png")
        typer.echo(f"figure: {picture}")
        if sys.stdout.isatty():
            typer.launch(str(picture))


def _list_stale(chosen: "list[Claim]") -> None:
    from d2lab.claims.record import is_stale, recorded

    rows = [[c.id, str(c.chapter), "changed" if recorded(c) else "no evidence"] for c in chosen if is_stale(c)]
    if rows:
        show_table("", ["claim", "chapter", "why"], rows)
    typer.echo(f"{len(rows)} of {len(chosen)} claims have no evidence for the check as it is now.")


def _show_summary() -> None:
    from d2lab.claims.page import HEADS, summary_rows

    show_table("", HEADS["summary"]["en"], summary_rows("en"))


def _show_one(claim: "Claim") -> None:
    """Print everything that is known of a claim, and where to go on."""
    from d2lab.claims.lessons import pages_of
    from d2lab.claims.record import path_of, recorded

    found = recorded(claim)
    lines: list[tuple[str, Any]] = [
        ("claim", f"{claim.id} (chapter {claim.chapter}, {claim.kind})"),
        ("statement", claim.en),
        ("论断", claim.zh),
        ("scope", claim.scope),
        ("covers", "; ".join(claim.covers)),
        ("check", claim.place),
        ("uses", ", ".join(claim.uses)),
    ]
    if found is not None:
        evidence = found.content["evidence"]
        lines += [
            ("verdict", evidence["verdict"]),
            ("value", ", ".join(f"{name} {value}" for name, value in evidence["value"].items())),
            ("bound", evidence["bound"]),
            ("why", evidence["why_en"]),
            ("理由", evidence["why_zh"]),
            ("but", evidence["counterexample"]),
            ("evidence", path_of(claim)),
        ]
    lines.append(("pages", ", ".join(path.as_posix() for path in pages_of(claim))))
    for name, text in lines:
        if text:
            typer.echo(f"{name:<10}{text}")
    typer.echo(f"run it:   d2lab check {claim.id} --show")
