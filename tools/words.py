"""The field's words: what the package may not call things, and every exception with its reason.

A reader who meets a word must be able to search for it in any paper, book or library. The list covers file names,
identifiers, docstrings, comments and strings of `src/d2lab` (messages, claims' sentences and texts of figures are
strings). Run: python -m tools.words (findings), python -m tools.words --allowed (the exceptions).
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "d2lab"


@dataclass(frozen=True, slots=True)
class Word:
    """A private word: a pattern of whole words, and what the field says. `where` narrows it to some files."""

    name: str
    pattern: str
    write: str
    where: str = "*"


WORDS = (
    Word("slope", "slopes?", "gradient, derivative (a line's slope is allowed)"),
    Word("bend", "bends?|bent|bending", "activation, nonlinearity, passes through a nonlinearity"),
    Word(
        "start of weights",
        r"starts? of (the |its |their |all )?(weights?|kernels?|parameters?|layers?)|(weights'?|zero|same|drawn|"
        r"random|xavier's|kaiming's|torch's|larger?|small|default|paper's) starts?(?= |$|[.,:;])"
        r"(?! (at|with|from|to)\b)",
        "initialization, initialize",
    ),
    Word("law", "laws?", "distribution"),
    Word("luck", "luck|lucky", "random state, RNG state, seed: rng, rng_state, generator"),
    Word("silenced", "silenced?|silences|silencing|switch(es|ed)? off", "dropped, set to zero"),
    Word("surprise", "surprises?|surprised", "cross-entropy, negative log-likelihood"),
    Word("speed of an optimizer", "speeds?", "velocity, momentum buffer", where="optimizers/*"),
    Word("push", "push(es|ed|ing)?", "update"),
    Word("heir", "heirs?", "subclass"),
    Word("longest gradient", "longest gradients?", "largest gradient norm"),
    Word("by heart", "by heart", "overfits, memorizes"),
    Word("net", "nets?", "model; network in prose"),
    Word("picture", "pictures?", "image; figure where it is drawn"),
    Word("by turns", "by turns|in turns|by turn", "interleaved"),
    Word("dear", "dear|dearer|dearest", "expensive"),
    Word("hangs on", "hangs? on|hanging on|hung on", "depends on"),
    Word("supple", "supple|suppler", "flexible, high-capacity"),
    Word("trembling", "trembl(e|es|ed|ing)", "noisy curves, training noise"),
    Word("mover", "movers?", "optimizer, the variable that is updated"),
    Word("as there", r"as there\.|as for `", "say it, or leave the argument out"),
    Word("no source", "source: (none|as above)", "leave the line out"),
    Word(
        "old name",
        "stepper|own_luck|fixed_luck|keep_luck|laps_by_turns|fast_form|keep_freed_memory|rate_factor|head_rate|"
        "rest_factor|phasemaxpool2d",
        "the new name: TrainStep, rng_state, time_interleaved, optimize_layout, lr_scale ...",
    ),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A real use of a word: in files that match `where`, on lines in which `line` is found."""

    name: str
    where: str
    line: str
    reason: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed("slope", "claims/renamed.py", '": ', "the former id of a claim"),
    Allowed("picture", "claims/renamed.py", '": ', "the former id of a claim"),
    Allowed("luck", "claims/renamed.py", '": ', "the former id of a claim"),
    Allowed("net", "claims/renamed.py", '": ', "the former id of a claim"),
    Allowed("picture", "claims/checks/ch14_*.py", r'stream\(seed, "pictures"\)', "random stream: its numbers stay"),
    Allowed("picture", "plot/__init__.py", '"pictures": "image_grid"', "an old name that works for one more release"),
    Allowed(
        "old name",
        "optimizers/config.py",
        '"rest_factor": "adamw_lr_scale"',
        "an old name that works for one more release",
    ),
    Allowed("net", "models/library.py", '^INNER = "net"', "a name in the state_dict of old runs"),
    Allowed("net", "*/unet.py", "U-Net", "the name of an architecture"),
    Allowed("net", "explore/*.py", "d2-net|net\\.js", "an element and its scripts, named in lessons"),
    Allowed("luck", "train/checkpoint.py", "`luck`|\"luck\\.|'luck", "a key in checkpoints of d2lab 0.1"),
    Allowed("old name", "train/checkpoint.py", '"stepper"', "a key in checkpoints of d2lab 0.1"),
    Allowed("old name", "train/finetune.py", '"head_rate": "head', "an old name that works for one more release"),
    Allowed("picture", "data/image_folder.py", '"pictures"', "a folder and a key in the caches of readers"),
    Allowed("picture", "core/renamed.py", '": "', "the former name of a module"),
    Allowed("luck", "core/renamed.py", '": "', "the former name of a module"),
    Allowed("old name", "core/renamed.py", '": "', "the former name of a module"),
    Allowed("net", "experiments/*.py", r"def net\(self\)", "an old name that works for one more release"),
    Allowed("slope", "layers/activation.py", "negative_slope", "an argument of torch.nn.LeakyReLU"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A word at a place."""

    path: str
    line: int
    word: Word
    text: str

    @property
    def room(self) -> str:
        """Return the folder, or the file where it lies beside the folders."""
        return self.path.partition("/")[0]

    def __str__(self) -> str:
        """Return one line: place, word, what to write."""
        return f"{self.path}:{self.line}: {self.word.name!r}, write {self.word.write}: {self.text.strip()[:120]}"


def spaced(name: str) -> str:
    """Split an identifier into words; a name such as LeNet stays whole.

    >>> spaced("NetMaps"), spaced("own_bend"), spaced("AlexNetConfig")
    ('Net Maps', 'own bend', 'AlexNet Config')
    """
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name.replace("_", " "))
    return re.sub(r"(?<=[a-z]) Net(?=\b)", "Net", parts)


def places(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the words of every identifier, comment and line of a string."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "NAME":
            yield token.start[0], spaced(token.string)
            if "_" in token.string:
                yield token.start[0], token.string
        elif kind in {"COMMENT", "STRING", "FSTRING_MIDDLE"}:
            for number, line in enumerate(token.string.splitlines()):
                yield token.start[0] + number, line


def weak_openings(text: str) -> Iterator[tuple[int, str]]:
    """Yield docstrings that begin with "Give": the field writes "Return", "Compute", "Build"."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node) or ""
            if re.match(r"gives?\b", said, re.IGNORECASE):
                yield node.body[0].lineno, said


def is_allowed(finding: Finding) -> Allowed | None:
    """Find the exception that a finding falls under."""
    for allowed in ALLOWED:
        fits = allowed.name == finding.word.name and fnmatch(finding.path, allowed.where)
        if fits and re.search(allowed.line, finding.text, re.IGNORECASE):
            return allowed
    return None


GIVE = Word("give", "", "Return, Compute, Build ... as the first word of a docstring")


def scan(path: Path) -> list[Finding]:
    """List every private word of a file, exceptions included, each once a line."""
    text = path.read_text(encoding="utf-8")
    lines, name = text.splitlines(), path.relative_to(SOURCE).as_posix()
    found = {(number, "give"): Finding(name, number, GIVE, said) for number, said in weak_openings(text)}
    for number, words in [(0, spaced(name.removesuffix(".py").replace("/", " "))), *places(text)]:
        for word in WORDS:
            if fnmatch(name, word.where) and re.search(rf"(?<![\w])(?:{word.pattern})(?![\w])", words, re.IGNORECASE):
                found.setdefault(
                    (number, word.name), Finding(name, number, word, lines[number - 1] if number else name)
                )
    return list(found.values())


def main() -> None:
    """Print the findings by room, or the exceptions."""
    if "--allowed" in sys.argv:
        for allowed in ALLOWED:
            print(f"{allowed.name}: {allowed.where}, lines with /{allowed.line}/: {allowed.reason}")
        return
    rooms = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    counts: dict[str, int] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for finding in scan(path):
            if is_allowed(finding) is None and (not rooms or finding.room in rooms):
                counts[finding.room] = counts.get(finding.room, 0) + 1
                if rooms:
                    print(finding)
    print("; ".join(f"{room} {count}" for room, count in sorted(counts.items())) or "none")


if __name__ == "__main__":
    main()
