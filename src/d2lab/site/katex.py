"""Formulas as HTML when the site is built, by KaTeX in one node process; readers need no script for them."""

import atexit
import hashlib
import json
import subprocess
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.math import get_node_equation_number

from d2lab.core.errors import ConfigError

# One line in, one line out; strict off, since KaTeX would warn about Chinese in \\text.
PROGRAM = r"""
const katex = require(process.argv[1]);
const lines = require('readline').createInterface({input: process.stdin});
lines.on('line', (line) => {
  const {tex, display} = JSON.parse(line);
  let answer;
  try { answer = {html: katex.renderToString(tex, {displayMode: display, throwOnError: true, strict: 'ignore'})}; }
  catch (error) { answer = {error: String(error.message)}; }
  console.log(JSON.stringify(answer));
});
"""


MARKS = "，。；：、！？）》”,.;:!?)"  # that must not begin a line
BASE = '<span class="katex-base"'  # a part of a formula that no line breaks


class Renderer:
    """Formulas to HTML; what was rendered once is kept.

    Args:
        library: katex.min.js.
        cache: a folder.
    """

    def __init__(self, library: Path, cache: Path) -> None:
        self._library, self._cache = library, cache
        self._node: subprocess.Popen[str] | None = None
        self._version = hashlib.sha256(library.read_bytes()).hexdigest()[:8]

    def html(self, tex: str, *, display: bool) -> str:
        """Render one formula.

        Raises:
            ConfigError: KaTeX can't read it.
        """
        key = hashlib.sha256(f"{self._version}|{display}|{tex}".encode()).hexdigest()[:32]
        kept = self._cache / f"{key}.html"
        if kept.is_file():
            return kept.read_text(encoding="utf-8")
        answer = self._ask({"tex": tex, "display": display})
        if "error" in answer:
            raise ConfigError("formula", got=tex, need="TeX that KaTeX can read", fix=answer["error"])
        self._cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(answer["html"], encoding="utf-8")
        return answer["html"]

    def _ask(self, question: dict[str, Any]) -> dict[str, str]:
        if self._node is None:
            command = ["node", "-e", PROGRAM, str(self._library)]
            self._node = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
            assert self._node.stdin is not None  # noqa: S101 (a pipe was asked for)
            atexit.register(self._node.stdin.close)  # the process ends with its input
        assert self._node.stdin is not None and self._node.stdout is not None  # noqa: S101, PT018
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        return dict(json.loads(self._node.stdout.readline()))


def keep_marks(tree: nodes.Node) -> None:
    """Move the punctuation mark behind a formula into it: browsers would begin a line with the mark.

    The style sheet draws the mark as a part of the formula's last piece. The text keeps it, unseen, for those who copy
    it or hear it read.

    Args:
        tree: of a page.
    """
    for formula in list(tree.findall(nodes.math)):
        place = formula.parent.index(formula) + 1
        after = formula.parent[place] if place < len(formula.parent) else None
        if not isinstance(after, nodes.Text) or not after or after[0] not in MARKS:
            continue
        formula["mark"] = after[0]
        unseen = nodes.inline("", after[0], classes=["unseen"])
        formula.parent[place : place + 1] = [unseen, nodes.Text(after[1:])]


def setup_math(app: Any) -> None:  # noqa: ANN401 (a Sphinx application)
    """Make KaTeX the renderer of a build; its library and cache are values of the configuration."""
    made: list[Renderer] = []

    def renderer() -> Renderer:
        if not made:  # in the process that writes, which may be a child of Sphinx's
            made.append(Renderer(Path(app.config.katex_library), Path(app.config.katex_cache)))
        return made[0]

    def inline(self: Any, node: Any) -> None:  # noqa: ANN401
        html = renderer().html(node.astext(), display=False)
        before, base, last = html.rpartition(BASE)
        if base and "mark" in node:
            html = f'{before}{base} data-mark="{escape(node["mark"])}"{last}'
        self.body.append(f'<span class="math">{html}</span>')
        raise nodes.SkipNode

    def block(self: Any, node: Any) -> None:  # noqa: ANN401
        self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0", role="math"))
        if node["number"]:
            self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
            self.add_permalink_ref(node, "link")
            self.body.append("</span>")
        self.body.append(renderer().html(node.astext(), display=True) + "</div>\n")
        raise nodes.SkipNode

    app.connect("doctree-resolved", lambda app, tree, name: keep_marks(tree))
    app.add_config_value("katex_library", "", "")
    app.add_config_value("katex_cache", "", "")
    app.add_html_math_renderer("katex_at_build", inline_renderers=(inline, None), block_renderers=(block, None))
