"""Claims as Markdown, in both languages: the table of verdicts over the chapters, and the evidence of one claim."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.chapters import TITLES
from d2lab.claims.claim import Claim
from d2lab.claims.evidence import VERDICTS
from d2lab.claims.record import Recorded, recorded
from d2lab.core.errors import RunError
from d2lab.core.language import LANGUAGES, Language
from d2lab.metrics.paired import SURE

VerdictOf = Callable[[Claim], str]
VERDICT_ZH: dict[str, str] = {
    "holds": "成立",
    "holds in scope": "限定范围内成立",
    "does not hold": "不成立",
    "not decided": "尚无定论",
    "depends on hardware": "视硬件而定",
    "not checkable": "无法检验",
}
HEADS: dict[str, dict[Language, tuple[str, ...]]] = {
    "summary": {"en": ("chapter", "statements", *VERDICTS), "zh": ("章", "论断数", *VERDICT_ZH.values())},
    "list": {"en": ("claim", "statement", "verdict", "why"), "zh": ("编号", "论断", "结论", "理由")},
}
NAMED: dict[Language, tuple[str, ...]] = {
    "en": ("bound", "seeds", "verdict possible after", "seeds that would decide", "data", "machine"),
    "zh": ("判据", "随机种子数", "可下结论的种子数", "预计需要的种子数", "数据", "机器"),
}
ALL: dict[Language, str] = {"en": "all", "zh": "合计"}


def evidence_of(claim: Claim) -> Recorded:
    """Return the recorded evidence of a claim.

    Raises:
        RunError: there is none.
    """
    found = recorded(claim)
    if found is None:
        fix = f"Take it: d2lab check {claim.id} --record."
        raise RunError(f"evidence of {claim.id}", got="none", need="a record", fix=fix)
    return found


def counts(claims: Iterable[Claim]) -> Counter[str]:
    """Return how many claims have each recorded verdict.

    Args:
        claims: that have records.
    """
    return Counter(map(recorded_verdict, claims))


def summary(language: Language) -> str:
    """Return the summary in Markdown: chapter by chapter, how many statements hold and how many do not.

    Args:
        language: of the headings.
    """
    return markdown_table(HEADS["summary"][language], summary_rows(language))


def recorded_verdict(claim: Claim) -> str:
    """Return the verdict that is recorded.

    Raises:
        RunError: there is none.
    """
    return evidence_of(claim).verdict


def summary_rows(
    language: Language, only: int | None = None, verdict_of: VerdictOf = recorded_verdict
) -> list[list[str]]:
    """Return the rows of the summary, the sums last.

    Args:
        language: of the chapters' titles.
        only: the row of this chapter alone.
        verdict_of: the verdict of a claim; one that is none of `VERDICTS` counts among the statements alone.
    """
    if only is not None:
        return [_counted(f"{only} {title(only, language)}", only, verdict_of)]
    chapters = sorted({claim.chapter for claim in CLAIMS.values()})
    rows = [_counted(f"{chapter} {title(chapter, language)}", chapter, verdict_of) for chapter in chapters]
    return [*rows, _counted(ALL[language], None, verdict_of)]


def chapter_list(chapter: int, language: Language) -> str:
    """Return a table with a row for each claim of the chapter: id, statement, verdict and explanation.

    Args:
        chapter: of the notes.
        language: of the text.
    """
    rows = []
    for claim in CLAIMS.values():
        if claim.chapter == chapter:
            found = evidence_of(claim)
            row = (f"`{claim.id}`", said(claim, language), verdict_word(found.verdict, language), found.why(language))
            rows.append([cell.replace("|", "\\|") for cell in row])
    return markdown_table(HEADS["list"][language], rows)


def evidence_table(claim: Claim, language: Language) -> str:
    """Return a table of what was measured for one claim: values, interval, bound, seeds, data and machine.

    Args:
        claim: that has a record.
        language: of the names.
    """
    found = evidence_of(claim)
    evidence, machine = found.content["evidence"], found.content["machine"]
    interval, decision = evidence["interval"], evidence.get("decision") or {}
    rows = [[f"`{name}`", _number(value)] for name, value in evidence["value"].items()]
    if interval is not None:
        first = next(iter(evidence["value"]))
        level = f"{100 * decision.get('level', SURE):.4g}"
        name = {"en": f"{level} % interval of `{first}`", "zh": f"`{first}` 的 {level}% 区间"}[language]
        rows.append([name, f"{_number(interval[0])} … {_number(interval[1])}"])
    named = NAMED[language]
    place = f"{machine['processor']}, {machine['cores']} cores, torch {machine['libraries']['torch']}"
    facts = (
        found.bound(language),
        str(len(evidence["seeds"]) or ""),
        ", ".join(map(str, decision.get("looks", ()))),
        str(decision.get("seeds_needed") or ""),
        evidence["data"],
        place,
    )
    rows += [[name, fact] for name, fact in zip(named, facts, strict=True) if fact]
    heads = {"en": ("measured", "value"), "zh": ("测量", "数值")}[language]
    table = markdown_table(heads, [[cell.replace("|", "\\|") for cell in row] for row in rows])
    return table + differences_table(decision.get("differs", ()), language)


def differences_table(rows: Sequence[Sequence[str]], language: Language) -> str:
    """Return what differs between the arms of a comparison as a table behind an empty line; empty without arms.

    Args:
        rows: the names of the arms first, then a row for each thing.
        language: of the heading.
    """
    if not rows:
        return ""
    head = {"en": "what differs", "zh": "两组的差别"}[language]
    return "\n\n" + markdown_table((head, *rows[0][1:]), [[f"`{row[0]}`", *row[1:]] for row in rows[1:]])


def title(chapter: int, language: Language) -> str:
    """Return the title of a chapter."""
    return TITLES[chapter][LANGUAGES.index(language)]


def said(claim: Claim, language: Language) -> str:
    """Return the statement in a language."""
    return claim.en if language == "en" else claim.zh


def scope_of(claim: Claim, language: Language) -> str:
    """Return where the statement is said to hold; in English where there is no Chinese yet."""
    return claim.scope if language == "en" else claim.scope_zh or claim.scope


def verdict_word(verdict: str, language: Language) -> str:
    """Return a verdict in a language."""
    return verdict if language == "en" else VERDICT_ZH[verdict]


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; columns of numbers are aligned to the right.

    Args:
        heads: of the columns.
        rows: a cell for each.
    """
    numbers = [all(row[i].strip("-").replace(".", "").isdigit() for row in rows) for i in range(len(heads))]
    rule = "|" + "|".join("---:" if right else "---" for right in numbers) + "|"
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", rule, *lines])


def _counted(name: str, chapter: int | None, verdict_of: VerdictOf) -> list[str]:
    """Return one row of the summary."""
    claims = [claim for claim in CLAIMS.values() if chapter is None or claim.chapter == chapter]
    found = Counter(map(verdict_of, claims))
    return [name, str(len(claims)), *(str(found[verdict]) for verdict in VERDICTS)]


def _number(value: float | int | str) -> str:
    """Return a number with four digits; infinity is text in a record."""
    return value if isinstance(value, str) else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
