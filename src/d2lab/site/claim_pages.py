"""The browser of claims: one table that can be filtered, and a page a chapter with evidence and check of each."""

from collections.abc import Mapping, Sequence
from html import escape

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.claim import Claim
from d2lab.claims.evidence import VERDICTS
from d2lab.claims.page import evidence_of, evidence_table, said, scope_of, summary, title, verdict_word
from d2lab.claims.record import Recorded
from d2lab.core.language import Language
from d2lab.site.target import PageTarget, first_number, short
from d2lab.site.words import word

NO_LIST = "---\ntocdepth: 1\n---"  # whole sentences make no list of contents
INTRO: dict[Language, str] = {
    "en": "Every statement of the notes is a small program here. It measures, and says whether the statement holds. "
    "What fails stays on the list: that is what one learns most from. "
    "[How a verdict is reached](../course/method.md), and how to disagree.",
    "zh": "笔记里的每句话在这里都是一段小程序：测一遍，再说这句话成不成立。"
    "不成立的也留在表里，最值得读的往往就是它们。"
    "[结论是怎样得出的](../course/method.md)，不同意时怎么办，也写在那里。",
}


def claims_index(language: Language) -> str:
    """Write the page that lists all claims and filters them.

    Args:
        language: of the page.
    """
    chapters = sorted({claim.chapter for claim in CLAIMS.values()})
    rows = "\n".join(_row(claim, language) for claim in CLAIMS.values())
    toc = "\n".join(f"{chapter} {title(chapter, language)} <{chapter:02}>" for chapter in chapters)
    heads = (word("statement", language), word("verdict", language), word("measured", language).capitalize())
    return "\n".join(
        [
            f"(claims)=\n# {word('claims', language)}\n\n{INTRO[language]}\n",
            _filters(chapters, language),
            '<div class="wide"><table class="claims" id="claims-table"><thead><tr>',
            "".join(f'<th scope="col">{head}</th>' for head in heads),
            f"</tr></thead><tbody>\n{rows}\n</tbody></table></div>\n",
            f"## {word('verdict counts', language)}\n\n{summary(language)}\n",
            f"```{{toctree}}\n:hidden:\n\n{toc}\n```\n",
        ]
    )


def claims_page(chapter: int, language: Language, told: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Write the page of a chapter's claims.

    Args:
        chapter: of the notes.
        language: of the page.
        told: titles and places of the lessons that name a claim, by its id.
    """
    name = f"{word('chapter', language).format(chapter)} {title(chapter, language)}"
    parts = [f"(claims-{chapter})=\n# {word('claims of', language).format(name)}\n"]
    parts += [
        _section(claim, language, told.get(claim.id, ())) for claim in CLAIMS.values() if claim.chapter == chapter
    ]
    return "\n\n".join([NO_LIST, *parts]) + "\n"


def _section(claim: Claim, language: Language, told: Sequence[tuple[str, str]]) -> str:
    """Write one claim: statement, verdict, why, evidence, the check itself."""
    record = evidence_of(claim)
    foot = [f"`d2lab check {claim.id}`", claim.kind, f"`{claim.place.rpartition(':')[0]}`"]
    if told:
        links = "、" if language == "zh" else ", "
        pages = links.join(f'<a href="../{place}.html">{escape(name)}</a>' for name, place in told)
        foot.append(f"{word('told', language)} {pages}")
    counterexample, scope = record.counterexample(language), scope_of(claim, language)
    where = f"\n\n*{word('scope', language)}* {_plain(scope)}" if scope else ""
    shown = f"\n\n```text\n{counterexample}\n```" if counterexample else ""
    return "\n".join(
        [
            f"({claim.id})=\n## {_plain(said(claim, language))}\n",
            f"{_badge(record, language)} {_plain(record.why(language))}{where}{shown}\n",
            evidence_table(claim, language) + "\n",
            f"<details class='fold check'><summary>{word('check', language)}</summary>\n",
            f"```python\n{claim.source.rstrip()}\n```\n",
            "</details>\n",
            f"<p class='foot'>{' · '.join(_code(part) for part in foot)}</p>",
        ]
    )


def _code(part: str) -> str:
    """Write `x` as HTML code; what is HTML already stays."""
    return f"<code>{escape(part.strip('`'))}</code>" if part.startswith("`") else part


def _plain(text: str) -> str:
    """Keep words from being read as markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>$|~" else c for c in text)


def _badge(record: Recorded, language: Language) -> str:
    return f'<span class="claim" data-verdict="{record.verdict}">{verdict_word(record.verdict, language)}</span>'


def _row(claim: Claim, language: Language) -> str:
    record = evidence_of(claim)
    key, value = first_number(record)
    href = PageTarget("../").claim_page(claim.id)
    return (
        f'<tr data-chapter="{claim.chapter}" data-verdict="{record.verdict}" data-id="{claim.id}">'
        f'<td><span class="chapter">{claim.chapter}</span> <a href="{href}">{escape(said(claim, language))}</a></td>'
        f'<td>{_badge(record, language)}</td><td class="number"><code>{key}</code> {short(value)}</td></tr>'
    )


def _filters(chapters: Sequence[int], language: Language) -> str:
    """Write the three filters: chapter, verdict, words; without scripts they do nothing and the whole table shows."""
    every = f'<option value="">{word("all", language)}</option>'
    in_order = "".join(f'<option value="{c}">{c} {escape(title(c, language))}</option>' for c in chapters)
    verdicts = "".join(f'<option value="{v}">{verdict_word(v, language)}</option>' for v in VERDICTS)
    return (
        '<form class="filters" id="claims-filter">'
        f'<label>{word("chapters", language)} <select name="chapter">{every}{in_order}</select></label>'
        f'<label>{word("verdict", language)} <select name="verdict">{every}{verdicts}</select></label>'
        f'<label>{word("filter", language)} <input type="search" name="words"></label>'
        f'<output aria-live="polite" data-unit="{word("shown", language)}"></output></form>\n'
    )
