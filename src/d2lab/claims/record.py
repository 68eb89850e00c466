"""Evidence that is kept: one JSON file a claim, written only by `d2lab check --record`."""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from d2lab.claims.claim import ROOT, Claim
from d2lab.claims.evidence import Evidence
from d2lab.core.atomic import write_json
from d2lab.core.errors import RunError
from d2lab.core.machine import describe_machine

FOLDER = ROOT / "claims" / "records"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the file of a claim says."""

    path: Path
    content: dict[str, Any]

    @property
    def verdict(self) -> str:
        """The verdict then."""
        return str(self.content["evidence"]["verdict"])

    @property
    def data(self) -> str:
        """The set that was used then."""
        return str(self.content["evidence"]["data"])

    @property
    def value(self) -> dict[str, Any]:
        """What was measured then, by name."""
        return dict(self.content["evidence"]["value"])

    def why(self, language: str) -> str:
        """The reason that was given, "en" or "zh"."""
        return str(self.content["evidence"][f"why_{language}"])

    @property
    def code(self) -> str:
        """The hash of the check then."""
        return str(self.content["code"])

    @property
    def first(self) -> float:
        """The value that a table shows."""
        return float(next(iter(self.content["evidence"]["value"].values())))


def path_of(claim: Claim) -> Path:
    """Where the evidence of a claim lies or would lie."""
    return FOLDER / f"{claim.id}.json"


def recorded(claim: Claim) -> Recorded | None:
    """Read the evidence of a claim; None where there is none.

    Raises:
        RunError: the file is not what `d2lab check --record` writes.
    """
    path = path_of(claim)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = Recorded(path, content)
        if content["format"] != FORMAT or content["id"] != claim.id:
            raise KeyError(f"format {content['format']} of {content['id']}")
        _ = (found.verdict, found.code, found.first)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as cause:
        fix = f"Write it anew: d2lab check {claim.id} --record."
        raise RunError(f"evidence {path}", got=str(cause), need="what d2lab check --record wrote", fix=fix) from cause
    return found


def record(claim: Claim, evidence: Evidence, seconds: float) -> Path:
    """Write the evidence of a claim, whole or not at all.

    Raises:
        RunError: the folder can't be written.
    """
    content = {
        "format": FORMAT,
        "id": claim.id,
        "chapter": claim.chapter,
        "kind": claim.kind,
        "evidence": evidence.to_json(),
        "seconds": round(seconds, 2),
        "code": claim.code_hash(),
        "commit": commit(),
        "machine": describe_machine(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    write_json(path_of(claim), content)
    return path_of(claim)


def is_stale(claim: Claim) -> bool:
    """Say whether the check changed since its evidence was taken, or has none."""
    found = recorded(claim)
    return found is None or found.code != claim.code_hash()


def commit() -> str | None:
    """Name the commit that the source is at, where it lies in a checkout; marked where the package differs from it.

    Records do not count: the first that is written would mark all that come after it.
    """
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--", str(ROOT), f":(exclude){FOLDER}")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{name}-dirty" if name and changed else name or None


def _git(*words: str) -> str:
    git = ["git", "--no-optional-locks", "-C", str(ROOT), *words]
    done = subprocess.run(git, capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.strip()
