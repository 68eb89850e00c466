"""Which claims a command runs: by id, chapter and time."""

from typing import TYPE_CHECKING

import typer

from d2lab.core.errors import ConfigError

if TYPE_CHECKING:
    from d2lab.claims.claim import Claim


def current_id(name: str) -> str:
    """Return the id of today for a former one, with a line that says so; any other name as it is.

    Args:
        name: as it was typed.
    """
    from d2lab.claims.renamed import OLD_IDS

    if name not in OLD_IDS:
        return name
    typer.echo(f"{name} is called {OLD_IDS[name]} now.", err=True)
    return OLD_IDS[name]


def choose(ids: list[str], chapter: int | None, budget: float | None, *, long: bool) -> "list[Claim]":
    """Return the claims with these ids, of this chapter, within this time; name the long ones that are left out.

    Args:
        ids: all claims where there are none.
        chapter: any where it is None.
        budget: seconds; any where it is None.
        long: also claims that take minutes, though nobody named them.

    Raises:
        ConfigError: an unknown id, or nothing fits.
    """
    from d2lab.claims.catalog import CLAIMS, find_claim

    every = [find_claim(current_id(name)) for name in ids] or list(CLAIMS.values())
    every = [c for c in every if chapter is None or c.chapter == chapter]
    left = [c for c in every if c.long and not (ids or long)]
    chosen = [c for c in every if c not in left and (budget is None or c.budget_s <= budget)]
    if not chosen:
        chapters = sorted({c.chapter for c in CLAIMS.values()})
        need = f"a chapter of {', '.join(map(str, chapters))} and a budget that a claim fits in, or ids"
        raise ConfigError("claims", got=f"chapter {chapter}, budget {budget}", need=need)
    if left:
        names = " ".join(claim.id for claim in left)
        typer.echo(f"Left out, for they take minutes; name them to run them:  d2lab check {names}", err=True)
    return chosen
