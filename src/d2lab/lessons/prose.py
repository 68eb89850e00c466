"""What stands in a cell of prose: formulas, labels, headings, roles, links, and the words that are left."""

import re
from dataclasses import dataclass

from d2lab.lessons.lesson import FENCED, HEADING, LABEL

ROLE = re.compile(r"\{([a-z0-9:]+)\}`([^`]+)`")
DISPLAY = re.compile(r"\$\$(.+?)\$\$(?: \(([\w-]+)\))?", re.S)
INLINE = re.compile(r"(?<![\\$])\$([^$\n]+)\$(?!\$)")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]+)\)")
DIRECTIVE = re.compile(r"^:{3,}.*$", re.M)
FREE_SECTIONS = ("Exercises", "练习", "Further reading", "延伸阅读")  # settings to try, and years of papers


@dataclass(frozen=True, slots=True)
class Role:
    """A role in the text: {claim}`name` is Role("claim", "name")."""

    kind: str
    content: str


def roles(text: str) -> list[Role]:
    """List the roles in their order."""
    return [Role(*found) for found in ROLE.findall(FENCED.sub("", text))]


def links(text: str) -> list[str]:
    """List the targets of Markdown links."""
    return [target for _, target in LINK.findall(FENCED.sub("", text))]


def formulas(text: str) -> list[tuple[str, str]]:
    """List the displayed formulas with their labels, blanks made one."""
    return [(" ".join(tex.split()), label) for tex, label in DISPLAY.findall(FENCED.sub("", text))]


def symbols(text: str) -> set[str]:
    """Gather the formulas within lines; a language may name one more often than the other."""
    return {" ".join(tex.split()) for tex in INLINE.findall(DISPLAY.sub("", _without_code(text)))}


def labels(text: str) -> list[str]:
    """List labels in their order."""
    return LABEL.findall(FENCED.sub("", text))


def headings(text: str) -> list[tuple[int, str]]:
    """List the headings: how deep, and the words."""
    return [(len(marks), words.strip()) for marks, words in HEADING.findall(FENCED.sub("", text))]


def codes(text: str) -> list[str]:
    """List what stands between backticks in lines, roles aside."""
    return CODE.findall(ROLE.sub(" ", FENCED.sub("", text)))


def commands(text: str) -> list[str]:
    """List the `d2lab ...` commands in backticks and in fenced blocks."""
    lines = [*codes(text), *(line for block in FENCED.finditer(text) for line in block[0].splitlines())]
    found = (re.match(r"\s*(?:\$ |uv run )?d2lab (.+)", line) for line in lines)
    return [match[1] for match in found if match]


def words(text: str) -> str:
    """Return what is said in words: no code, no formula with letters, no roles, no targets, no free sections.

    A number alone between dollars or backticks stays: it is a number in the prose.
    """
    text = DISPLAY.sub(" ", _bound(FENCED.sub(" ", text)))
    text = LINK.sub(r"\1", ROLE.sub(" ", DIRECTIVE.sub(" ", LABEL.sub(" ", text))))
    text = CODE.sub(_number_or_nothing, text)
    return INLINE.sub(_number_or_nothing, text)


def _number_or_nothing(found: re.Match[str]) -> str:
    """Keep what stands between marks only where it is a number alone."""
    alone = found[1].replace("\\%", "%").strip()
    return f" {alone} " if re.fullmatch(r"[-+]?[\d.,]+%?", alone) else " "


def _without_code(text: str) -> str:
    return CODE.sub(" ", FENCED.sub("", text))


def _bound(text: str) -> str:
    """Leave out the sections whose numbers are free."""
    kept, free = [], 0  # the depth of the free section that one is in
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading:
            depth = len(heading[1])
            if free and depth <= free:
                free = 0
            if heading[2].strip() in FREE_SECTIONS:
                free = depth
        if not free:
            kept.append(line)
    return "\n".join(kept)
