"""Docstrings are written as plain text; Sphinx reads reStructuredText. Here the one becomes the other."""

import re
from typing import Any

SECTION = re.compile(r"(Args|Arguments|Returns|Raises|Yields|Attributes|Example|Examples|Note|Notes|Shape):$")
REMARK = re.compile(r"(Source|Twin|Changed):")
CODE = re.compile(r"(``.+?``|`[^`]+`)")


def as_rst(lines: list[str]) -> list[str]:
    """Escape what would be markup, and mark indented paragraphs as code.

    Args:
        lines: of a docstring, its indentation taken off.
    """
    made: list[str] = []
    in_code = section = False
    for line in lines:
        before = made[-1].strip() if made else ""
        if line.strip() and not line.startswith("    "):
            in_code, section = False, bool(SECTION.match(line))
            if before and REMARK.match(line):
                made.append("")
        elif line.strip() and not section and not in_code:
            if before:  # a remark that goes on
                line = line.strip()  # noqa: PLW2901
            else:
                in_code = True
                made += [".. code-block:: python", ""]
        made.append(line if in_code or line.lstrip().startswith(">>>") else escaped(line))
    return made


def escaped(line: str) -> str:
    """Keep the marks of a line from being read as markup; what stands in backticks is code already.

    Args:
        line: of plain text.
    """
    parts = CODE.split(line)
    return "".join(part if i % 2 else re.sub(r"([|*\\])|(?<=\w)_(?!\w)", _escape, part) for i, part in enumerate(parts))


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:  # noqa: ANN401
    """Change a docstring in place, as autodoc asks for it.

    Args:
        app: Sphinx.
        what: kind of the thing.
        name: of the thing.
        thing: that is documented.
        options: of the directive.
        lines: of the docstring.
    """
    lines[:] = as_rst(lines)
