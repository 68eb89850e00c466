"""Recorded evidence: one JSON file a claim in evidence/claims, written only by `d2lab check --record`."""

import math
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from d2lab.claims.claim import ROOT, Claim
from d2lab.claims.evidence import Evidence
from d2lab.claims.used import module_hash, used_modules
from d2lab.core.atomic import write_json
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.json_file import read_object
from d2lab.core.machine import describe_machine

CHECKOUT = ROOT.parents[1]
FORMAT = 2
OLD_FORMAT = 1  # one hash of the check and of the files it names; tools/evidence_modules.py brings it to 2
DIRTY = "-dirty"
TEXTS = ("bound", "verdict", "why_en", "why_zh", "counterexample", "data")


def is_checkout() -> bool:
    """Return whether the package lies in a checkout of its repository, where evidence may be written."""
    return (CHECKOUT / "pyproject.toml").is_file() and ROOT.parent == CHECKOUT / "src"


def evidence_folder() -> Path:
    """Return the folder of the evidence: that of the checkout, or the one that the wheel brings."""
    return (CHECKOUT if is_checkout() else ROOT) / "evidence" / "claims"


FOLDER = evidence_folder()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The content of a claim's evidence file."""

    path: Path
    content: dict[str, Any]

    @property
    def verdict(self) -> str:
        """The recorded verdict."""
        return str(self.content["evidence"]["verdict"])

    @property
    def data(self) -> str:
        """The data set that the check used."""
        return str(self.content["evidence"]["data"])

    @property
    def stand_in(self) -> bool:
        """Whether that data set stood in for the one that the statement is about; old records never did."""
        return bool(self.content["evidence"].get("stand_in", False))

    @property
    def value(self) -> dict[str, Any]:
        """The recorded values by name."""
        return dict(self.content["evidence"]["value"])

    def why(self, language: str) -> str:
        """Return the recorded explanation in a language, "en" or "zh"."""
        return str(self.content["evidence"][f"why_{language}"])

    def bound(self, language: str) -> str:
        """Return what the value was held against in a language; in English where there is no Chinese."""
        return self._text("bound", language)

    def counterexample(self, language: str) -> str:
        """Return where the statement fails in a language; in English where there is no Chinese."""
        return self._text("counterexample", language)

    def _text(self, name: str, language: str) -> str:
        evidence = self.content["evidence"]
        return str((evidence.get(f"{name}_zh") if language == "zh" else "") or evidence[name])

    @property
    def code(self) -> str:
        """The hash of the check when the evidence was taken."""
        return str(self.content["code"])

    @property
    def modules(self) -> dict[str, str]:
        """The hash of each module that the check used when the evidence was taken; none in a record of format 1."""
        return dict(self.content.get("modules", {}))

    @property
    def first(self) -> float:
        """The first value, which tables show."""
        return float(next(iter(self.content["evidence"]["value"].values())))


def path_of(claim: Claim) -> Path:
    """Return the path of a claim's evidence, whether the file exists or not."""
    return FOLDER / f"{claim.id}.json"


def recorded(claim: Claim) -> Recorded | None:
    """Read the evidence of a claim; None where there is none.

    Raises:
        RunError: the file is not what `d2lab check --record` writes.
    """
    path = path_of(claim)
    need, fix = "what d2lab check --record wrote", f"Write it anew: d2lab check {claim.id} --record."
    try:
        content = read_object(path, "evidence", links=True, need=need, fix=fix)
        if content["format"] not in (OLD_FORMAT, FORMAT) or content["id"] != claim.id:
            raise KeyError(f"format {content['format']} of {content['id']}")
        _require_evidence(content)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OverflowError) as cause:
        if isinstance(cause, RunError):
            raise
        raise RunError(f"evidence {path}", got=str(cause), need=need, fix=fix) from cause
    return Recorded(path, content)


def _require_evidence(content: dict[str, Any]) -> None:
    """Refuse evidence in which something is missing or of another kind.

    Raises:
        KeyError: a field is missing.
        TypeError: a field is of another kind.
        ValueError: a text holds control characters, or a number is none.
    """
    evidence = content["evidence"]
    modules = content["modules"] if content["format"] == FORMAT else {}
    if not isinstance(modules, dict):
        raise TypeError("no hashes of modules by name")
    texts = [content["code"], *modules, *modules.values(), *(evidence[name] for name in TEXTS)]
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"a {type(text).__name__} in the place of a text")
        if any(ord(character) < ord(" ") and character != "\n" for character in text):
            raise ValueError("control characters in a text")
    if not isinstance(evidence["value"], dict) or not evidence["value"]:
        raise TypeError("no values by name")
    interval = evidence["interval"]
    if not isinstance(evidence["seeds"], list) or (interval is not None and len(interval) != 2):
        raise TypeError("seeds or interval of another kind")
    for number in (*evidence["value"].values(), *(interval or ())):
        if isinstance(number, bool | list | dict | None) or math.isnan(float(number)):  # infinity is kept as text
            raise TypeError(f"{number!r} in the place of a number")


def known_verdict(claim: Claim) -> str:
    """Return the recorded verdict of a claim for a list: empty where there is none, "broken" where it can't be read."""
    try:
        found = recorded(claim)
    except RunError:
        return "broken"
    return found.verdict if found else ""


def require_checkout() -> None:
    """Refuse to record where the package is installed: its files belong to the wheel and the next install loses them.

    Raises:
        ConfigError: the package is not in a checkout.
    """
    if not is_checkout():
        need = "a checkout of d2lab, whose evidence/claims it writes"
        fix = "Clone the repository and record there, or leave --record out: the check itself runs here."
        raise ConfigError("--record", got=f"d2lab installed in {ROOT}", need=need, fix=fix)


def require_clean() -> None:
    """Refuse to record from code that no commit holds: nobody else could take the evidence again.

    Raises:
        ConfigError: the package differs from the last commit.
    """
    name = commit()
    if name is not None and name.endswith(DIRTY):
        need = "a package that is committed, so that the evidence names the code that it is of"
        raise ConfigError("--record", got=name, need=need, fix="Commit first, or say --dirty.")


def is_weaker(evidence: Evidence, before: Recorded | None) -> bool:
    """Return whether evidence on a stand-in would replace evidence on the data that the statement is about."""
    return before is not None and evidence.stand_in and not before.stand_in


def record(claim: Claim, evidence: Evidence, seconds: float) -> Path:
    """Write the evidence of a claim, whole or not at all, with the modules that its check used.

    Args:
        claim: that was run in this process.
        evidence: that the run gave.
        seconds: that it took.

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
        "modules": {name: module_hash(name) for name in used_modules(claim)},
        "commit": commit(),
        "machine": describe_machine(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    write_json(path_of(claim), content)
    return path_of(claim)


def changes(claim: Claim) -> list[str]:
    """Return what changed since the evidence of a claim was taken: "the check", modules that it used, or "no evidence".

    Raises:
        RunError: the evidence can't be read.
    """
    found = recorded(claim)
    if found is None:
        return ["no evidence"]
    if found.content["format"] == OLD_FORMAT:
        return ["the check"] if found.code != claim.wide_hash() else []
    own = ["the check"] if found.code != claim.code_hash() else []
    return own + [name for name, known in found.modules.items() if module_hash(name) != known]


def is_stale(claim: Claim) -> bool:
    """Return whether the check or a module that it used changed since its evidence was taken, or there is none."""
    return bool(changes(claim))


def commit() -> str | None:
    """Return the commit of the checkout, "-dirty" behind it where the package differs from it; None elsewhere.

    Evidence lies outside the package and does not count: the first file written would mark all that come after it.
    """
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--", str(ROOT))
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{name}{DIRTY}" if name and changed else name or None


def _git(*words: str) -> str:
    git = ["git", "--no-optional-locks", "-C", str(ROOT), *words]
    done = subprocess.run(git, capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.strip()
