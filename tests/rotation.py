"""Slow tests that take turns: `.ci/run` tries a share of them a day, chosen by a hash of their names.

A test marked `rotating(shares=6)` runs in one of six turns. `D2LAB_TURN` says whose turn it is; where it is unset, or
`D2LAB_ALL` is, all run. A mutant of a file that has changed since the main branch was left runs in every turn.
"""

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARES = 6


def turn() -> int | None:
    """Return whose turn it is; None where all run."""
    asked = os.environ.get("D2LAB_TURN", "")
    return None if os.environ.get("D2LAB_ALL") or not asked else int(asked)


def is_on(name: str, shares: int = SHARES) -> bool:
    """Say whether a test runs in this turn."""
    now = turn()
    return now is None or int(hashlib.sha256(name.encode()).hexdigest(), 16) % shares == now % shares


@cache
def changed_files() -> frozenset[str]:
    """List the files of the package that differ from the commit where this work began; none where it is not known."""
    from d2lab.lessons.selection import base_commit  # not above: a mutant's own tests need nothing of this

    base = base_commit()
    if base is None:
        return frozenset()
    git = ["git", "-C", str(ROOT), "diff", "--name-only", "--relative=src/d2lab", base]
    done = subprocess.run(git, capture_output=True, text=True, check=False, timeout=30)
    return frozenset(done.stdout.split())
