"""Explorers on the site: a page for each, their index, and the trained LeNet that one of them shows."""

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
from d2lab.explore.catalog import EXPLORERS
from d2lab.explore.run import as_script, model_of_run
from d2lab.explore.shown import Shown
from d2lab.site.words import word

INTRO: dict[Language, str] = {
    "en": "Interactive figures. Everything works with the keyboard too, and no data leaves this page.",
    "zh": "可以动手操作的交互图。全都支持键盘，数据也不离开这个页面。",
}
LESSON: dict[Language, str] = {"en": "The lesson", "zh": "对应的课"}
BELOW = (
    "core",
    "data",
    "experiments",
    "layers",
    "models",
    "optimizers",
    "recipes",
    "train",
    "vision",
    "explore",
)


def explorer_pages(language: Language, labels: Collection[str]) -> dict[str, str]:
    """Return the pages of all explorers and their index, by path.

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
    """Return the HTML element of an explorer, with a message for browsers without JavaScript.

    Args:
        one: of the catalog.
    """
    return (
        f'<div class="d2-holder"><{one.element} class="d2-explorer"></{one.element}>'
        "<noscript>This needs JavaScript. 这里需要 JavaScript。</noscript></div>"
    )


def lenet_script(cache: Path) -> bytes:
    """Return a script with the weights of a LeNet trained on the embedded digits; retrained when its code changes.

    Args:
        cache: folder for the script.
    """
    kept = cache / f"lenet-{_key()}.js"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="d2lab-lenet-") as folder:
            done = train("lenet", seed=0, device="cpu", budget="lesson", root=Path(folder))
            write_bytes(kept, as_script(model_of_run(load_run(done.record.folder))).encode())
    return kept.read_bytes()


def _key() -> str:
    """Hash the code that trains and exports the model."""
    root = Path(d2lab.__file__).parent
    digest = hashlib.sha256()
    for room in BELOW:
        for file in sorted((root / room).rglob("*.py")):
            digest.update(without_words(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:16]
