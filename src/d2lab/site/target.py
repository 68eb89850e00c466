"""How roles are rendered on a page of the site: HTML links to evidence, sources and tables."""

import inspect
from html import escape

from d2lab.claims.catalog import find_claim
from d2lab.claims.page import evidence_of, said, scope_of, verdict_word
from d2lab.claims.record import Recorded
from d2lab.core.language import Language
from d2lab.explore.catalog import EXPLORERS
from d2lab.lessons.names import resolve
from d2lab.site.explorer_pages import element
from d2lab.site.words import word


def short(value: float | int | str) -> str:
    """Write a number with three digits, whole numbers whole; infinity is text in a record."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def first_number(record: Recorded) -> tuple[str, float | int | str]:
    """Return the number that a table shows, with its name.

    Args:
        record: of a claim.
    """
    return next(iter(record.value.items()))


class PageTarget:
    """Render roles for a page.

    Args:
        root: relative path from the page to the folder of its language: "../../".
    """

    def __init__(self, root: str) -> None:
        self.root = root

    def claim(self, name: str, language: Language) -> str:
        """Show the verdict and the first number, leading to the evidence."""
        claim = find_claim(name)
        record = evidence_of(claim)
        key, value = first_number(record)
        title = escape(f"{said(claim, language)} {key} = {short(value)}", quote=True)
        verdict = verdict_word(record.verdict, language)
        link = f'<a class="claim" data-verdict="{record.verdict}" href="{self.claim_page(name)}" title="{title}">'
        return f'{link}{verdict} <span class="number">{short(value)}</span></a>'

    def claim_card(self, name: str, language: Language) -> str:
        """Show statement, verdict and why, as a block."""
        claim = find_claim(name)
        record = evidence_of(claim)
        key, value = first_number(record)
        head = f"<strong>{escape(said(claim, language))}</strong>"
        badge = f'<span class="verdict">{verdict_word(record.verdict, language)}</span>'
        number = f'<span class="number">{word("measured", language)} <code>{key}</code> {short(value)}</span>'
        more = f'<a href="{self.claim_page(name)}">{word("evidence", language)}</a>'
        scope = scope_of(claim, language)
        where = f'<p class="scope"><em>{word("scope", language)}</em> {escape(scope)}</p>' if scope else ""
        return (
            f'<div class="claim-card" data-verdict="{record.verdict}">'
            f"<p>{badge} {head}</p><p>{escape(record.why(language))}</p>{where}"
            f'<p class="foot">{number} · {more} · <code>d2lab check {name}</code></p></div>\n'
        )

    def measured(self, name: str, number: str, language: Language) -> str:
        """Show a number, leading to its evidence."""
        return f'<a class="measured" href="{self.claim_page(name)}">{escape(number)}</a>'

    def source(self, name: str) -> str:
        """Show a name, leading to the source."""
        module, anchor = source_of(name)
        href = f"{self.root}_modules/{module.replace('.', '/')}.html" + (f"#{anchor}" if anchor else "")
        return f'<a class="source" href="{href}"><code>{escape(name)}</code></a>'

    def recipe(self, name: str) -> str:
        """Show a recipe, leading to its row."""
        return f'<a class="source" href="{self.root}reference/recipes.html#recipe-{name}"><code>{name}</code></a>'

    def explorer(self, name: str, language: Language) -> str:
        """Show the explorer itself, and a way to its page."""
        one = EXPLORERS[name]
        link = f'<a href="{self.root}explore/{name}.html">{escape(one.title[language])}</a>'
        return f'{element(one)}\n\n<p class="foot">{link}</p>\n'

    def claim_page(self, name: str) -> str:
        """Where the evidence of a claim stands."""
        return f"{self.root}claims/{find_claim(name).chapter:02}.html#{name}"


def source_of(name: str) -> tuple[str, str]:
    """Find the module that holds a thing of ours, and its name there; a module has no name inside.

    Args:
        name: layers.Dropout or d2lab.layers.Dropout.
    """
    thing = resolve(name)
    if inspect.ismodule(thing):
        return thing.__name__, ""
    thing = inspect.unwrap(thing)  # type: ignore[arg-type]
    return str(thing.__module__), str(thing.__qualname__)
