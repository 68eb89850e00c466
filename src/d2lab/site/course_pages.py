"""The table of contents, the pages of the chapters, and which lessons name which claim."""

from collections.abc import Sequence

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.evidence import VERDICTS
from d2lab.claims.page import counts, title, verdict_word
from d2lab.core.language import Language
from d2lab.lessons.lesson import Lesson
from d2lab.lessons.prose import roles
from d2lab.site.words import word

INTRO: dict[Language, str] = {
    "en": "Each lesson answers one question: the idea as a figure, the formula, the code from scratch and torch's "
    "beside it, an experiment on real data, and what a machine found when it checked what the notes say.",
    "zh": "每课回答一个问题：一张图讲清想法，写出公式，从零实现并与 torch 的写法对照，再在真实数据上做实验，"
    "最后看机器逐条检验笔记的说法，结果如何。",
}
TO_COME: dict[Language, str] = {
    "en": "No lessons yet. What the notes say in this chapter is checked already:",
    "zh": "课文还没有写。这一章笔记的说法已经逐条检验：",
}
STATEMENTS: dict[Language, str] = {"en": "{} statements checked", "zh": "检验了 {} 条论断"}


def course_index(lessons: Sequence[Lesson], language: Language) -> str:
    """Return the table of contents: every chapter with its lessons and the verdicts of its claims.

    Args:
        lessons: of the course.
        language: of the page.
    """
    cards = "\n".join(_card(chapter, lessons, language) for chapter in _chapters(lessons))
    toc = "\n".join(f"{folder}/index" for folder in sorted({one.path.parent.name for one in lessons}))
    head = f"(course)=\n# {word('course', language)}\n\n{INTRO[language]}\n"
    legend = "".join(f'<span data-verdict="{v}"><i></i>{verdict_word(v, language)}</span>' for v in VERDICTS)
    shown = f'<p class="legend">{legend}</p>\n\n<div class="map">\n{cards}\n</div>'
    return f"{head}\n{shown}\n\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n"


def chapter_page(lessons: Sequence[Lesson], language: Language, *, solved: bool = False) -> str:
    """Return the page of a chapter.

    Args:
        lessons: of this chapter.
        language: of the page.
        solved: whether the chapter has a page of worked solutions.
    """
    chapter = lessons[0].chapter
    head = f"(chapter-{chapter})=\n# {chapter} {title(chapter, language)}\n"
    items = "\n".join(
        f'<li><a href="{one.path.stem}.html"><strong>{one.title(language)}</strong></a>'
        f"<br>{question(one, language)}</li>"
        for one in lessons
    )
    toc = "\n".join([*(one.path.stem for one in lessons), *(["solutions"] if solved else [])])
    more = f"\n\n[{word('solutions', language)}](solutions.md)" if solved else ""
    verdicts = _verdicts(chapter, "../../", language)
    return (
        f'{head}\n<ol class="lessons">\n{items}\n</ol>{more}\n\n{verdicts}\n\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n'
    )


def question(lesson: Lesson, language: Language) -> str:
    """Return the question that a lesson answers: the first paragraph of its block `question`; empty where it has none.

    Args:
        lesson: of the course.
        language: of the question.
    """
    block: list[str] = []
    inside = False
    for line in lesson.prose(language)[0].source.splitlines():
        if inside and (line.startswith(":::") or (block and not line.strip())):
            break
        if inside and line.strip() and not line.startswith(":"):
            block.append(line.strip())
        inside = inside or line.startswith(":class: question")
    return ("" if language == "zh" else " ").join(block)


def told_in(lessons: Sequence[Lesson], language: Language) -> dict[str, list[tuple[str, str]]]:
    """List the lessons that name a claim: their titles and places, by its id.

    Args:
        lessons: of the course.
        language: of the titles.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for one in lessons:
        named = {
            r.content.split()[0] for c in one.prose("en") for r in roles(c.source) if r.kind in ("claim", "measured")
        }
        for name in sorted(named):
            found.setdefault(name, []).append((one.title(language), f"course/{one.name}"))
    return found


def _chapters(lessons: Sequence[Lesson]) -> list[int]:
    return sorted({claim.chapter for claim in CLAIMS.values()} | {one.chapter for one in lessons})


def _card(chapter: int, lessons: Sequence[Lesson], language: Language) -> str:
    """Return the card of a chapter: number, title, lessons, and a bar of its verdicts."""
    own = [one for one in lessons if one.chapter == chapter]
    items = "".join(f'<li><a href="{one.name}.html">{one.title(language)}</a></li>' for one in own)
    listed = f"<ol>{items}</ol>" if own else ""
    name = title(chapter, language)
    linked = f'<a href="{own[0].path.parent.name}/index.html">{name}</a>' if own else name
    kind = "chapter" if own else "chapter bare"
    return (
        f'<section class="{kind}"><h2><span class="chapter">{chapter}</span> {linked}</h2>{listed}'
        f"{_verdicts(chapter, '../', language)}</section>"
    )


def _verdicts(chapter: int, root: str, language: Language) -> str:
    """Return a bar with a part for each verdict, as long as its number of claims, linked to the claims; "" without."""
    claims = [claim for claim in CLAIMS.values() if claim.chapter == chapter]
    if not claims:
        return ""
    found = counts(claims)
    shown = [(verdict, found[verdict]) for verdict in VERDICTS if found[verdict]]
    parts = "".join(f'<i data-verdict="{verdict}" style="flex:{n}"></i>' for verdict, n in shown)
    said = "; ".join(f"{verdict_word(verdict, language)} {n}" for verdict, n in shown)
    total = STATEMENTS[language].format(len(claims))
    bar = f'<span class="bar" role="img" aria-label="{said}" title="{said}">{parts}</span>'
    return f'<a class="verdicts" href="{root}claims/{chapter:02}.html">{bar}<span>{total}</span></a>'
