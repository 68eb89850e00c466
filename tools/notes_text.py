"""Freeze the course's prose as data: `python -m tools.notes_text --out FOLDER`.

It is run once for a version of the sets `notes-en`, `notes-zh` and `notes-pairs`, and prints what their cards need. The
lessons of every tenth place go to the held-out part, whole; paragraphs come without code, formulas, tables and markup.
A pair is a paragraph in both languages, where two cells that belong together have equally many.
"""

import argparse
import hashlib
import lzma
import re
from pathlib import Path

from d2lab.lessons.lesson import FENCED, LABEL, Lesson, read_course

ROOT = Path(__file__).resolve().parents[1]
HAN = re.compile("[\u4e00-\u9fff]")
NAMES = re.compile(r"[a-z0-9]+(?:[- ][a-z0-9]+)*")  # of claims and exercises, line after line: no prose
EVERY = 10  # lessons from one held-out lesson to the next
DISPLAY = re.compile(r"\$\$.+?\$\$(?: \([\w-]+\))?", re.S)
ROLE = re.compile(r"\{[a-z0-9:]+\}`(?:([^`<]+?) *<[^`>]+>|([^`]+))`")
LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]+\)")
OPTION = re.compile(r"^:(?:::.*|[\w-]+:.*)$", re.M)
FORMULA = re.compile(r"\$([^$\n]+)\$")
MARKS = re.compile(r"\*\*|`|^#+ |^[-*] |^\d+\. |^> ?", re.M)


def paragraphs(source: str) -> list[str]:
    """Return the plain paragraphs of a cell of prose, each as one line."""
    text = LABEL.sub("", DISPLAY.sub("", FENCED.sub("", source)))
    text = LINK.sub(r"\1", ROLE.sub(lambda found: found[1] or found[2], OPTION.sub("", text)))
    found = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if line.strip() and not line.lstrip().startswith("|")]
        plain = FORMULA.sub(r"\1", MARKS.sub("", "\n".join(lines)))
        plain = " ".join(plain.replace("\\", "").split())
        if plain and not NAMES.fullmatch(plain):
            found.append(plain)
    return found


def both(lesson: Lesson) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Return a lesson's paragraphs in English and in Chinese, and its pairs."""
    english, chinese, pairs = [], [], []
    cells = zip(lesson.prose("en"), lesson.prose("zh"), strict=True)
    for en, zh in ((paragraphs(a.source), paragraphs(b.source)) for a, b in cells):
        english += en
        chinese += zh
        if len(en) == len(zh):
            pairs += [pair for pair in zip(en, zh, strict=True) if HAN.search(pair[1])]
    return english, chinese, pairs


def main() -> None:
    """Write the files and print sizes and checksums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "d2lab" / "data" / "notes")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    parts = {"train": ([], [], []), "test": ([], [], [])}
    for place, lesson in enumerate(read_course(ROOT / "course")):
        part = parts["test" if place % EVERY == EVERY - 1 else "train"]
        for own, new in zip(part, both(lesson), strict=True):
            own.extend(new)
    seen = {english for english, _ in parts["train"][2]}
    parts["test"][2][:] = [pair for pair in parts["test"][2] if pair[0] not in seen]  # headings such as Exercises
    for part, (english, chinese, pairs) in parts.items():
        lines = {"en": english, "zh": chinese, "pairs": [f"{en}\t{zh}" for en, zh in dict.fromkeys(pairs)]}
        for name, rows in lines.items():
            raw = ("\n".join(rows) + "\n").encode()
            packed = lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)
            (out / f"{name}-{part}.txt.xz").write_bytes(packed)
            print(f"{name}-{part}", len(rows), "lines", len(raw), "bytes", len(packed), "packed")
            print("   ", hashlib.sha256(raw).hexdigest())


if __name__ == "__main__":
    main()
