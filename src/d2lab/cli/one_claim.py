"""One claim on the command line: statement, evidence, files, and the command that runs it."""

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from d2lab.claims.claim import Claim


def show_one(claim: "Claim") -> None:
    """Print a claim with its evidence, its files and the command that runs it.

    Args:
        claim: any.
    """
    from d2lab.claims.lessons import pages_of
    from d2lab.claims.record import path_of, recorded

    found = recorded(claim)
    lines: list[tuple[str, Any]] = [
        ("claim", f"{claim.id} (chapter {claim.chapter}, {claim.kind})"),
        ("statement", claim.en),
        ("论断", claim.zh),
        ("scope", claim.scope),
        ("范围", claim.scope_zh),
        ("covers", "; ".join(claim.covers)),
        ("check", claim.place),
        ("uses", ", ".join(claim.uses)),
    ]
    if found is not None:
        evidence = found.content["evidence"]
        decision = evidence.get("decision") or {}
        lines += [
            ("verdict", evidence["verdict"]),
            ("value", ", ".join(f"{name} {value}" for name, value in evidence["value"].items())),
            ("bound", evidence["bound"]),
            ("why", evidence["why_en"]),
            ("理由", evidence["why_zh"]),
            ("判据", evidence.get("bound_zh", "")),
            ("but", evidence["counterexample"]),
            ("反例", evidence.get("counterexample_zh", "")),
            ("differs", "; ".join(": ".join((row[0], " / ".join(row[1:]))) for row in decision.get("differs", ())[1:])),
            ("level", f"{100 * decision['level']:.4g} %" if decision else ""),
            ("seeds that would decide", str(decision.get("seeds_needed") or "")),
            ("evidence", path_of(claim)),
        ]
    lines.append(("pages", ", ".join(path.as_posix() for path in pages_of(claim))))
    for name, text in lines:
        if text:
            typer.echo(f"{name:<10}{text}")
    typer.echo(f"run it:   d2lab check {claim.id} --show")
