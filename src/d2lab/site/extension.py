"""The Sphinx extension: formulas, figures in two themes, search records, numbered labels."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from d2lab.claims.glossary import synonyms, terms_of_lessons
from d2lab.core.ranking import other_names
from d2lab.lessons.prose import FREE_SECTIONS
from d2lab.site.docstrings import process
from d2lab.site.katex import setup_math

LONGEST = 4000  # characters of a section that are searched
ASIDES = {*FREE_SECTIONS, "Move it by hand", "动手试试", "What the notes say, measured", "笔记说的，机器测的"}
KINDS = {"course": "lesson", "claims": "claim", "api": "api", "reference": "reference", "explore": "explorer"}
RANKS = {"solutions": "solution", "index": "chapter", "symptoms": "symptom", "glossary": "reference"}


class BothThemes(SphinxTransform):
    """Insert the dark version of a figure after the light one; CSS shows the one of the active theme."""

    default_priority = 100  # before Sphinx collects the image files

    def apply(self, **_: Any) -> None:  # noqa: ANN401
        """Duplicate every image of the class `themed`."""
        for image in list(self.document.findall(nodes.image)):
            if "themed" in image.get("classes", []) and not image["uri"].endswith("-dark.svg"):
                dark = image.deepcopy()
                dark["uri"] = image["uri"].replace(".svg", "-dark.svg")
                dark["classes"] = [*image["classes"], "dark-only"]
                image["classes"].append("light-only")
                image.parent.insert(image.parent.index(image) + 1, dark)


def words_of(node: nodes.Node) -> str:
    """Return the visible text of a node; of raw HTML, its text without tags."""
    if isinstance(node, nodes.raw):
        return re.sub(r"<[^>]*>", " ", node.astext())
    if isinstance(node, nodes.Text):
        return str(node.astext())
    if isinstance(node, nodes.math_block | nodes.literal_block | nodes.comment):
        return " "
    joined = "".join(words_of(child) for child in node.children)
    return (
        joined
        if isinstance(node, nodes.inline | nodes.TextElement) and not isinstance(node, nodes.title)
        else joined + " "
    )


def rank_of(name: str, title: str) -> str:
    """Return the search rank of a section: lessons before lists, lists before solutions.

    Args:
        name: of the page.
        title: of the section.
    """
    if name.rpartition("/")[2] in RANKS:
        return RANKS[name.rpartition("/")[2]]
    return "aside" if title in ASIDES or title.endswith(("measured", "机器测的")) else "lesson"


def records(app: Any) -> Iterator[dict[str, str]]:  # noqa: ANN401 (a Sphinx application)
    """Yield a search record for each section and each documented function or class: URL, title, text."""
    for name in sorted(app.env.found_docs):
        place, tree = app.builder.get_target_uri(name), app.env.get_doctree(name)
        top = app.env.titles[name].astext()
        kind = KINDS.get(name.partition("/")[0], "page")
        for section in tree.findall(nodes.section):
            title = next(section.findall(nodes.title)).astext()
            own = [
                child
                for child in section.children
                if not isinstance(child, nodes.section | nodes.title | addnodes.desc)
            ]
            text = " ".join(" ".join(words_of(child) for child in own).split())[:LONGEST]
            first = isinstance(section.parent, nodes.document)
            rank = kind if kind != "lesson" else rank_of(name, title)
            yield {"u": place + ("" if first else f"#{section['ids'][0]}"), "t": title, "p": top, "x": text, "k": rank}
        for described in tree.findall(addnodes.desc):
            signature = next(described.findall(addnodes.desc_signature))
            if signature.get("ids") and described.get("objtype") in ("class", "function"):
                text = " ".join(words_of(described).split())[:600]
                title = str(signature.get("fullname") or signature["ids"][0])
                yield {"u": f"{place}#{signature['ids'][0]}", "t": title, "p": top, "x": text, "k": "api"}


def with_synonyms(record: dict[str, str]) -> dict[str, str]:
    """Add the other names of the terms in a record, so that a search for one finds what is called another.

    The head of a lesson gets the names of the terms that it explains, in the plural too.

    Args:
        record: of a section; what is searched as code keeps its names.
    """
    if record["k"] in ("api", "reference"):
        return record
    names = other_names(f"{record['t']} {record['p']} {record['x']}", synonyms())
    found = {**record, "s": " ".join(names)} if names else record
    lesson = record["u"].removeprefix("course/").removesuffix(".html")  # with a section behind it, it is none
    terms = terms_of_lessons().get(lesson, ())
    return {**found, "g": " ".join((*terms, *(f"{term}s" for term in terms if term.isascii())))} if terms else found


def numbers_of_labels(app: Any) -> dict[str, dict[str, str]]:  # noqa: ANN401
    """Return the URL, title and number of each label, for notebooks, which have no cross-references."""
    env, found = app.env, {}
    for name, (page, anchor, title) in env.domaindata["std"]["labels"].items():
        entry = {"place": f"{app.builder.get_target_uri(page)}#{anchor}", "title": str(title)}
        for numbers in env.toc_fignumbers.get(page, {}).values():
            if anchor in numbers:
                entry["number"] = ".".join(map(str, numbers[anchor]))
        found[name] = entry
    for name, (page, number) in env.domaindata["math"]["objects"].items():
        numbered = env.toc_fignumbers.get(page, {}).get("displaymath", {}).get(f"equation-{name}", (number,))
        place = f"{app.builder.get_target_uri(page)}#equation-{name}"
        found[f"eq:{name}"] = {"place": place, "number": ".".join(map(str, numbered)), "title": ""}
    return found


def write_data(app: Any, failure: Exception | None) -> None:  # noqa: ANN401
    """Write the search index and the labels when all pages are built."""
    if failure is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    listed = [{"id": number, **with_synonyms(record)} for number, record in enumerate(records(app))]
    text = "window.SEARCH_DOCS=" + json.dumps(listed, ensure_ascii=False)
    (out / "_static" / "search-data.js").write_text(text, encoding="utf-8")
    (out / "labels.json").write_text(json.dumps(numbers_of_labels(app), ensure_ascii=False), encoding="utf-8")


def skip_fields(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:  # noqa: ANN401
    """Skip the fields of named tuples, whose docstrings only say that they are fields."""
    return True if type(thing).__name__ == "_tuplegetter" else None


def number_by_lesson(app: Any, env: Any) -> None:  # noqa: ANN401
    """Number figures and formulas by chapter and lesson, so that a new lesson elsewhere changes no number."""
    for page, kinds in env.toc_fignumbers.items():
        lesson = re.fullmatch(r"course/(\d+)-[^/]+/(\d+)-[^/]+", page)
        if lesson is None:
            continue
        for numbered in kinds.values():
            for count, name in enumerate(numbered, 1):
                numbered[name] = (int(lesson[1]), int(lesson[2]), count)


def forget_sourceless(app: Any, env: Any) -> None:  # noqa: ANN401
    """Remove modules without a source file (those of named tuples), which the source index would link."""
    known = getattr(env, "_viewcode_modules", {})
    for name in [name for name, entry in known.items() if not entry]:
        del known[name]


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401
    """Register the extension with Sphinx."""
    setup_math(app)
    app.add_transform(BothThemes)
    app.connect("autodoc-process-docstring", process, priority=400)  # before napoleon reads the sections
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("env-check-consistency", number_by_lesson)  # Sphinx has counted by then
    app.connect("env-updated", forget_sourceless)
    app.connect("build-finished", write_data)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
