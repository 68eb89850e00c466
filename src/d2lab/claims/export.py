"""All claims with their evidence in one file, for others to cite: docs/evidence.schema.json says what stands in it."""

from pathlib import Path
from typing import Any

import d2lab
from d2lab.claims.catalog import CLAIMS
from d2lab.claims.claim import Claim
from d2lab.claims.page import evidence_of
from d2lab.claims.record import changes
from d2lab.core.atomic import write_json
from d2lab.metrics.paired import SURE

FORMAT = 1
SCHEMA = "docs/evidence.schema.json"


def exported() -> dict[str, Any]:
    """Return all claims with what is recorded of them, as plain values.

    Raises:
        RunError: a claim has no record, or one that can't be read.
    """
    claims = [_one(claim) for claim in CLAIMS.values()]
    return {"format": FORMAT, "schema": SCHEMA, "d2lab": d2lab.__version__, "claims": claims}


def export(path: Path) -> Path:
    """Write all claims with their evidence into one file, whole or not at all.

    Args:
        path: of the file; what is there is replaced.

    Raises:
        RunError: a claim has no record, or the file can't be written.
    """
    write_json(path, exported())
    return path


def _one(claim: Claim) -> dict[str, Any]:
    found = evidence_of(claim)
    evidence, machine = found.content["evidence"], dict(found.content["machine"])
    versions = {"python": machine.pop("python"), "d2lab": machine.pop("d2lab"), **machine.pop("libraries")}
    machine.pop("source")  # the hash of the whole package; that of the modules used says more
    return {
        "id": claim.id,
        "chapter": claim.chapter,
        "kind": claim.kind,
        "statement": {"en": claim.en, "zh": claim.zh},
        "scope": {"en": claim.scope, "zh": claim.scope_zh},
        "verdict": evidence["verdict"],
        "why": {"en": found.why("en"), "zh": found.why("zh")},
        **{name: _both(evidence, name) for name in ("bound", "counterexample")},
        "values": evidence["value"],
        "interval": evidence["interval"],
        "level": evidence.get("decision", {}).get("level", SURE) if evidence["interval"] else None,
        "n": evidence["n"],
        "seeds": evidence["seeds"],
        "data": evidence["data"],
        "stand_in": found.stand_in,
        "versions": versions,
        "machine": machine,
        "check": claim.place,
        "code": {"check": found.code, "modules": found.modules, "commit": found.content["commit"]},
        "changed_since": changes(claim),
        "seconds": found.content["seconds"],
        "date": found.content["date"],
    }


def _both(evidence: dict[str, Any], name: str) -> dict[str, str]:
    """Return a text in both languages; empty where an older record has none in Chinese."""
    return {"en": evidence[name], "zh": evidence.get(f"{name}_zh", "")}
