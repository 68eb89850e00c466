"""The commands about claims: `d2lab check` runs their checks, `d2lab claims` searches and shows them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from msgspec import Meta

from d2lab.cli.claim_choice import choose, current_id
from d2lab.cli.one_claim import show_one
from d2lab.cli.table import show_table
from d2lab.core.errors import ConfigError, RunError

if TYPE_CHECKING:
    from d2lab.claims.claim import Claim
    from d2lab.claims.evidence import Evidence

EXIT_CHANGED = 1
Chapter = Annotated[int | None, typer.Option(help="Only the claims of this chapter."), Meta(ge=0, le=1000)]
Words = Annotated[list[str] | None, typer.Argument(help="Ids (check), or words to search for, Chinese or English.")]
Row = list[str]


def check(
    ids: Annotated[list[str] | None, typer.Argument(help="Claims by id; unless given, all but the long ones.")] = None,
    chapter: Chapter = None,
    budget: Annotated[
        float | None, typer.Option(help="Leave out what may take longer than these seconds."), Meta(ge=0, le=1e9)
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the source of the check and draw its figure.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Write the evidence into evidence/ of a checkout.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --record: replace evidence on real data by that on a stand-in.")
    ] = False,
    dirty: Annotated[
        bool, typer.Option("--dirty", help="With --record: record from code that is not committed.")
    ] = False,
    seeds: Annotated[
        int | None, typer.Option(help="Run experiments with so many seeds, not the usual ones."), Meta(ge=2, le=10_000)
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Run experiments so small that they show no more than that they run.")
    ] = False,
    stale: Annotated[bool, typer.Option("--stale", help="Only list claims whose code changed since.")] = False,
) -> None:
    """Check statements of the notes; exit code 1 when a verdict differs from the recorded one."""
    _refuse_to_record(seeds, record=record, force=force, dirty=dirty, smoke=smoke)
    chosen = choose(ids or [], chapter, budget, long=stale or smoke)
    if stale:
        _list_stale(chosen)
        return
    _refuse_idle_seeds(chosen, seeds)
    found = [
        _checked(claim, _sizes(claim, seeds, smoke=smoke), show=show, record=record, force=force) for claim in chosen
    ]
    columns = ["claim", "statement", "value", "bound", "verdict", "recorded", "seconds"]
    show_table("", columns, [one.row for one in found])
    kept = [one.row[0] for one in found if one.kept]
    if kept:
        need = "the data that the recorded evidence was taken on; this machine has only stand-ins"
        fix = "That evidence was kept. Fetch the data (d2lab data fetch), or replace it with --force."
        raise ConfigError("--record", got=", ".join(kept), need=need, fix=fix)
    changed = sum(one.differs for one in found)
    if changed and not smoke:  # so small a run decides nothing
        typer.echo(f"{changed} of {len(found)} verdicts differ from the recorded ones.")
        raise typer.Exit(EXIT_CHANGED)


def claims(
    words: Words = None,
    chapter: Chapter = None,
    verdict: Annotated[str | None, typer.Option(help="Only claims with this recorded verdict.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Only count the verdicts, chapter by chapter.")] = False,
    export: Annotated[Path | None, typer.Option(help="Write all claims with their evidence to this JSON file.")] = None,
) -> None:
    """Search the claims in both languages; one id alone shows its statement, evidence and files.

    Where no claim has all of the words, the nearest are shown; a term is found under all names of the glossary.
    The name of a function, a file or a page finds the claims that use it, are checked in it or stand on it.
    """
    from d2lab.claims.catalog import CLAIMS, nearest
    from d2lab.claims.evidence import VERDICTS
    from d2lab.claims.record import known_verdict

    if verdict is not None and verdict not in VERDICTS:
        raise ConfigError("--verdict", got=verdict, need=f"one of {', '.join(VERDICTS)}")
    _refuse_unknown_chapter(chapter)
    if export is not None:
        if words or verdict or summary or chapter is not None:
            raise ConfigError("--export", got="other words beside it", need="itself alone: it writes all claims")
        _export(export)
        return
    if summary:
        if words or verdict:
            got = " ".join([*(words or []), *([f"--verdict {verdict}"] if verdict else [])])
            raise ConfigError("--summary", got=got, need="no words and no --verdict: it counts all claims of a chapter")
        _show_summary(chapter)
        return
    if words and len(words) == 1 and (name := current_id(words[0])) in CLAIMS:
        show_one(CLAIMS[name])
        return
    found, whole = nearest(" ".join(words or []), chapter)
    shown = [verdict is None or known_verdict(claim) == verdict for claim in found]
    exact = [claim for claim, fits in zip(found[:whole], shown[:whole], strict=True) if fits]
    near = [claim for claim, fits in zip(found[whole:], shown[whole:], strict=True) if fits]
    if not exact:
        rest = " The nearest:" if near else " List all claims:  d2lab claims"
        typer.echo(f"No claim contains all of these words.{rest}")
    _show_claims(exact)
    if exact and near:
        typer.echo("\nNearest to these words:")
    _show_claims(near)
    _name_symptom(words)


def _show_claims(claims: "list[Claim]") -> None:
    from d2lab.claims.record import known_verdict

    columns = ["claim", "chapter", "kind", "verdict", "statement", "论断"]
    rows = [[c.id, str(c.chapter), c.kind, known_verdict(c), c.en, c.zh] for c in claims]
    if rows:
        show_table("", columns, rows)


def _name_symptom(words: list[str] | None) -> None:
    """Print the command that shows the symptom which the words describe, if there is one."""
    from d2lab.lessons.symptoms import search_symptoms

    names, whole = search_symptoms(" ".join(words)) if words else ([], 0)
    if whole:
        typer.echo(f"Where a run shows this:  d2lab symptoms {names[0]}")


class Checked(NamedTuple):
    """The outcome of one check on the command line."""

    row: Row
    differs: bool  # another verdict than the recorded one, on the same data
    kept: bool  # not recorded: the recorded evidence is on real data, this one on a stand-in


def _refuse_to_record(seeds: int | None, *, record: bool, force: bool, dirty: bool, smoke: bool) -> None:
    """Check the options of recording before anything runs.

    Raises:
        ConfigError: they do not fit each other, there is no checkout to write to, or it holds code that no commit has.
    """
    from d2lab.claims.record import require_checkout, require_clean

    if force and not record:
        raise ConfigError("--force", got="no --record", need="--record, whose evidence it lets replace")
    if dirty and not record:
        raise ConfigError("--dirty", got="no --record", need="--record, which it lets go on")
    if record and (seeds is not None or smoke):
        raise ConfigError("--record", got="--seeds or --smoke", need="the sizes as they are written in the check")
    if record:
        require_checkout()
        if not dirty:
            require_clean()


def _sizes(claim: "Claim", seeds: int | None, *, smoke: bool) -> dict[str, object]:
    """Return the arguments that a check is called with: the small ones, or other seeds where it has seeds."""
    sizes = dict(claim.smoke) if smoke else {}
    return sizes | ({"seeds": range(seeds)} if seeds is not None and "seeds" in claim.sizes else {})


def _checked(claim: "Claim", sizes: dict[str, object], *, show: bool, record: bool, force: bool) -> Checked:
    """Run one check, record its evidence where asked to, and compare it with what was recorded before."""
    from d2lab.claims.moved import compared, differences
    from d2lab.claims.record import is_weaker, recorded
    from d2lab.claims.record import record as write

    try:
        before = recorded(claim)
    except RunError:
        if not record:  # a broken file is about to be replaced
            raise
        before = None
    evidence, seconds = claim.run(**sizes)
    if show:
        typer.echo(f"# {claim.place}\n{claim.source}")
        _draw(claim, evidence)
    kept = record and not force and is_weaker(evidence, before)
    if record and not kept:
        for line in [] if before is None else differences(before, evidence):
            typer.echo(f"{claim.id}: {line}")
        write(claim, evidence, seconds)
    known = "new" if before is None else compared(before, evidence)
    same_data = before is not None and before.data == evidence.data  # other data may decide otherwise
    differs = before is not None and same_data and before.verdict != evidence.verdict and not record
    value = f"{evidence.first:.4g}"
    row = [claim.id, claim.en, value, evidence.bound, evidence.verdict, known, f"{seconds:.1f}"]
    return Checked(row, differs, kept)


def _draw(claim: "Claim", evidence: "Evidence") -> None:
    """Save the figure of the evidence beside the user's runs, print its path, and open it on a terminal."""
    from d2lab.plot import save_both
    from d2lab.train.record import runs_folder

    if evidence.figure is not None:
        out = runs_folder() / "claims" / claim.id
        save_both(evidence.figure, out)
        figure = out.with_name(f"{out.name}.png")
        typer.echo(f"figure: {figure}")
        if sys.stdout.isatty():
            typer.launch(str(figure))


def _list_stale(chosen: "list[Claim]") -> None:
    from d2lab.claims.record import changes

    found = [(claim, changes(claim)) for claim in chosen]
    rows = [[claim.id, str(claim.chapter), ", ".join(what)] for claim, what in found if what]
    if rows:
        show_table("", ["claim", "chapter", "changed"], rows)
    typer.echo(f"{len(rows)} of {len(chosen)} claims have no evidence for the code as it is now.")


def _refuse_unknown_chapter(chapter: int | None) -> None:
    """Refuse a chapter that no claim is of."""
    from d2lab.claims.catalog import CLAIMS

    chapters = sorted({claim.chapter for claim in CLAIMS.values()})
    if chapter is not None and chapter not in chapters:
        raise ConfigError("--chapter", got=chapter, need=f"one of {', '.join(map(str, chapters))}")


def _refuse_idle_seeds(chosen: "list[Claim]", seeds: int | None) -> None:
    """Refuse --seeds where no claim has any, and say which have none where some do."""
    idle = [] if seeds is None else [claim for claim in chosen if "seeds" not in claim.sizes]
    if idle and len(idle) == len(chosen):
        names = ", ".join(claim.id for claim in idle[:3]) + (", ..." if len(idle) > 3 else "")
        raise ConfigError("--seeds", got=f"{seeds} for {names}", need="a claim that is checked over seeds")
    if idle:
        typer.echo(f"--seeds changes nothing in {len(idle)} of {len(chosen)} claims: they have no seeds.", err=True)


def _show_summary(chapter: int | None) -> None:
    from d2lab.claims.catalog import CLAIMS
    from d2lab.claims.page import HEADS, summary_rows
    from d2lab.claims.record import known_verdict

    verdicts = {one.id: known_verdict(one) for one in CLAIMS.values() if chapter in (None, one.chapter)}
    show_table("", HEADS["summary"]["en"], summary_rows("en", chapter, lambda claim: verdicts[claim.id]))
    for kind, words in (("broken", "broken evidence"), ("", "no evidence")):
        names = [name for name, verdict in verdicts.items() if verdict == kind]
        if names:
            said = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            typer.echo(f"d2lab: not counted: {words} of {said}. Take it: d2lab check {names[0]} --record.", err=True)


def _export(path: Path) -> None:
    from d2lab.claims.export import SCHEMA, export

    typer.echo(f"{export(path)}: all claims with their evidence, as {SCHEMA} says")
