"""A claim: a statement of the notes in our own words, and the function that checks it.

    @claim(chapter=7, kind="identity", en="Dropout does not change the mean ...", zh="...")
    def dropout_is_unbiased() -> Evidence:
        ...

The function's name, with hyphens, is the claim's id. A check is a worked example: it uses the library's parts and adds
none of its own. An experiment names its sizes as arguments, so that anyone can run it larger:

    dropout_helps.check(seeds=range(20))
"""

import contextlib
import hashlib
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

import d2lab
from d2lab.claims.evidence import Evidence
from d2lab.claims.renamed import first_id
from d2lab.claims.sources import sources
from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive
from d2lab.train.threads import using_threads

Kind = Literal["identity", "measurement", "experiment", "definition", "opinion"]
KINDS = ("identity", "measurement", "experiment", "definition", "opinion")
Check = Callable[..., Evidence]
ROOT = Path(d2lab.__file__).parent
LONG_S = 60  # seconds; a check that may take longer than a minute runs only where it is named


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A statement with its check.

    Args:
        id: kebab-case, equal everywhere.
        chapter: of the notes.
        kind: identity (exact), measurement (of time or memory), experiment (over seeds), definition or opinion.
        en: the statement in our own words.
        zh: the same in Chinese, written for itself.
        scope: where it is said to hold; empty means everywhere.
        scope_zh: the same in Chinese.
        budget_s: seconds that the check may take on two cores.
        covers: other rows of the notes that this check answers too, in a few words each.
        smoke: sizes, by the check's arguments, at which the machinery runs in a second or two; they tell nothing.
        check: the function that measures and returns evidence.
    """

    id: str
    chapter: int
    kind: Kind
    en: str
    zh: str
    check: Check
    scope: str = ""
    scope_zh: str = ""
    budget_s: float | int = 5
    covers: tuple[str, ...] = ()
    smoke: Mapping[str, object] = field(default_factory=dict)

    @property
    def long(self) -> bool:
        """Whether the check may take longer than anyone waits who did not ask for it by name."""
        return self.budget_s > LONG_S

    @property
    def sizes(self) -> Mapping[str, object]:
        """The arguments of the check, with their defaults."""
        parameters = inspect.signature(self.check).parameters
        return {name: parameter.default for name, parameter in parameters.items()}

    @property
    def place(self) -> str:
        """File and line of the check, relative to the folder of the package."""
        check = inspect.unwrap(self.check)
        file = Path(inspect.getsourcefile(check) or "")
        return f"{file.relative_to(ROOT.parent).as_posix()}:{inspect.getsourcelines(check)[1]}"

    @property
    def source(self) -> str:
        """The source text of the check."""
        return inspect.getsource(inspect.unwrap(self.check))

    def run(self, **sizes: object) -> tuple[Evidence, float]:
        """Run the check with a fixed random state on one thread; return the evidence and the seconds it took.

        Args:
            sizes: arguments of the check; its own defaults for the rest.

        Raises:
            ConfigError: the check has no such argument.
        """
        unknown = sorted(set(sizes) - set(self.sizes))
        if unknown:
            need = f"of {', '.join(self.sizes)}" if self.sizes else "none: this check has one size"
            raise ConfigError(f"sizes of {self.id}", got=", ".join(unknown), need=need)
        start = time.perf_counter()
        with seeded(first_id(self.id)), using_threads(1):
            evidence = self.check(**sizes)
        return evidence, time.perf_counter() - start

    @property
    def uses(self) -> list[str]:
        """The names of d2lab that the check uses, dotted."""
        return sorted(sources(self.check).names)

    @property
    def modules(self) -> list[str]:
        """The modules of d2lab that the check names, dotted."""
        return sorted(sources(self.check).modules)

    def code_hash(self) -> str:
        """Return a hash of the check's own code: its function, and what that takes from its file.

        The modules of d2lab that it uses have hashes of their own, see `used_modules`.
        """
        digest = hashlib.sha256()
        for text in sorted(sources(self.check).own):
            digest.update(text.encode() + b"\0")
        return digest.hexdigest()[:16]

    def wide_hash(self) -> str:
        """Return the hash of a record of format 1: the functions, and the modules of d2lab that the check names."""
        digest = hashlib.sha256()
        for text in sorted(sources(self.check).texts):
            digest.update(text.replace("\r\n", "\n").encode() + b"\0")
        return digest.hexdigest()[:16]


def claim(
    *,
    chapter: int,
    kind: Kind,
    en: str,
    zh: str,
    scope: str = "",
    scope_zh: str = "",
    budget_s: float | int = 5,
    covers: tuple[str, ...] = (),
    smoke: Mapping[str, object] | None = None,
) -> Callable[[Check], Claim]:
    """Turn a check into a claim: a decorator. Its arguments are those of `Claim`.

    Args:
        chapter: of the notes.
        kind: identity, measurement, experiment, definition or opinion.
        en: the statement; line breaks count as spaces.
        zh: the same in Chinese; line breaks are removed.
        scope: where it is said to hold.
        scope_zh: the same in Chinese.
        budget_s: seconds that the check may take on two cores.
        covers: other rows of the notes that it answers.
        smoke: sizes at which the check runs in a second or two.

    Raises:
        ConfigError: a statement is missing, the kind is unknown, or `smoke` names what the check has not.
    """

    def make(check: Check) -> Claim:
        name = check.__name__.replace("_", "-")
        if kind not in KINDS or not en.strip() or not zh.strip() or budget_s <= 0:
            raise ConfigError(
                f"claim {name}",
                got=(kind, en, zh, budget_s),
                need="a known kind, the statement in both languages and a budget above 0",
            )
        made = Claim(
            id=name,
            chapter=chapter,
            kind=kind,
            en=" ".join(en.split()),
            zh="".join(zh.split("\n")).strip(),
            check=check,
            scope=scope,
            scope_zh=scope_zh,
            budget_s=budget_s,
            covers=covers,
            smoke=smoke or {},
        )
        if set(made.smoke) - set(made.sizes):
            raise ConfigError(f"claim {name}", got=sorted(made.smoke), need=f"sizes of {sorted(made.sizes)}")
        return made

    return make


@contextlib.contextmanager
def seeded(name: str) -> Iterator[None]:
    """Seed torch's generator from a name; restore its state and the default dtype afterwards."""
    before = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(0, "claim", name))
        try:
            yield
        finally:
            torch.set_default_dtype(before)
