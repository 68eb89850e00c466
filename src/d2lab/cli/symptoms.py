"""The command `d2lab symptoms`: what a run shows, its causes, and what to run next."""

from typing import Annotated

import typer

from d2lab.core.language import spoken

LISTED = 5  # other symptoms below the first


def symptoms(
    words: Annotated[
        list[str] | None, typer.Argument(help="What you see, Chinese or English; all symptoms unless given.")
    ] = None,
) -> None:
    """Show causes and checks for what a run shows: d2lab symptoms loss stuck at 2.303."""
    from d2lab.lessons.symptoms import find_symptom, search_symptoms
    from d2lab.lessons.symptoms import symptoms as known

    language = spoken()
    if not words:
        width = max(map(len, known()))
        for name, one in known().items():
            typer.echo(f"{name:<{width}}  {one.titles[language]}")
        return
    asked = " ".join(words)
    names, whole = ([asked], 1) if asked in known() else search_symptoms(asked)
    if not names:
        typer.echo("No symptom is near these words. List all symptoms:  d2lab symptoms")
        return
    if not whole:
        typer.echo("No symptom has all of these words. The nearest:\n")
    typer.echo(find_symptom(names[0]).plain(language))
    if len(names) > 1:
        typer.echo("\nSee also:")
    for name in names[1 : LISTED + 1]:
        typer.echo(f"  d2lab symptoms {name}  # {known()[name].titles[language]}")
