"""Explorers on the site: a page each, their index, and the model that the page of LeNet opens."""

import hashlib
import tempfile
from collections.abc import Collection
from html import escape
from pathlib import Path

import d2lab
from d2lab.claims.sources import without_words
from d2lab.core.atomic import write_bytes
from d2lab.core.language import Language
from d2lab.experiments import train
from d2lab.experiments.trained import load_run
from d2lab.explore.catalog import EXPLORERS, Shown
from d2lab.explore.run import as_script, net_of_run
from d2lab.site.words import word

INTRO: dict[Language, str] = {
    "en": "Ideas that can be moved by hand. Everything works with the keyboard too, and nothing leaves this page.",
    "zh": "可以动手拨一拨的想法。全都能用键盘操作，数据也不离开这个页面。",
}
LESSON: dict[Language, str] = {"en": "The lesson", "zh": "对应的课"}
BELOW = (
    "core",
    "data",
    "layers",
    "models",
    "optimizers",
    "recipes",
    "train",
    "vision",
    "explore",
)


def explorer_pages(language: Language, labels: Collection[str]) -> dict[str, str]:
    """Write the pages of all explorers and their index, by place.

    Args:
        language: of the pages.
        labels: of the lessons; those that are not there are not linked.
    """
    items = "\n".join(
        f'<li><a href="{one.name}.html"><strong>{escape(one.title[language])}</strong></a>'
        f"<br>{one.tries[language][0].replace('`', '')}</li>"
        for one in EXPLORERS.values()
    )
    toc = "\n".join(EXPLORERS)
    head = f"(explorers)=\n# {word('explorers', language)}\n\n{INTRO[language]}\n\n"
    index = f'{head}<ol class="lessons">\n{items}\n</ol>\n\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n'
    return {"explore/index.md": index} | {
        f"explore/{one.name}.md": _page(one, language, labels) for one in EXPLORERS.values()
    }


def _page(one: Shown, language: Language, labels: Collection[str]) -> str:
    tries = "\n".join(f"- {said}" for said in one.tries[language])
    lesson = f"\n\n{LESSON[language]}: {{ref}}`{one.lesson}`" if one.lesson in labels else ""
    lesson = lesson.replace(": ", "：") if language == "zh" else lesson
    return f"(explore-{one.name})=\n# {one.title[language]}\n\n{element(one)}\n\n{tries}{lesson}\n"


def element(one: Shown) -> str:
    """Return the element of an explorer, and a word for browsers without scripts.

    Args:
        one: of the catalog.
    """
    return (
        f'<div class="d2-holder"><{one.element} class="d2-explorer"></{one.element}>'
        "<noscript>This needs JavaScript. 这里需要 JavaScript。</noscript></div>"
    )


def lenet_script(cache: Path) -> bytes:
    """Return the script with a LeNet trained on the digits that the package brings; trained anew when its code changes.

    Args:
        cache: a folder to keep it in.
    """
    kept = cache / f"lenet-{_key()}.js"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="d2lab-lenet-") as folder:
            done = train("lenet", seed=0, device="cpu", budget="lesson", root=Path(folder))
            write_bytes(kept, as_script(net_of_run(load_run(done.record.folder))).encode())
    return kept.read_bytes()


def _key() -> str:
    """Hash the code that trains and writes the model."""
    root = Path(d2lab.__file__).parent
    digest = hashlib.sha256()
    for room in BELOW:
        for file in sorted((root / room).rglob("*.py")):
            digest.update(without_words(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:16]
