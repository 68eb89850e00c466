"""Sources of the numbers in the prose: code, outputs, or the evidence of a claim that is named."""

import math
import re
from collections.abc import Iterable
from typing import Any

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.page import evidence_of, said
from d2lab.core.language import LANGUAGES, Language
from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.lesson import Lesson
from d2lab.lessons.prose import roles, words

WRITTEN = re.compile(r"(?<![A-Za-z0-9_.\-])(\d+(?:[, ]\d{3})*(?:\.\d+)?)\s?(%|万|亿|million|billion)?(?![A-Za-z0-9_])")
COMPUTED = re.compile(r"\d+(?:[_,]\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?", re.I)
UNITS = {"%": 1e-2, "万": 1e4, "亿": 1e8, "million": 1e6, "billion": 1e9}
FREE = {0.0, 1.0, 2.0}  # one reads them as words
YEARS = range(1900, 2100)


def numbers_without_source(lesson: Lesson, outputs: Iterable[dict[str, Any]] | None) -> list[str]:
    """List the numbers in the prose that neither a cell nor the evidence of a named claim produced.

    A number counts as produced where a produced one rounds to it; a percentage also where a hundredth of it was.
    Years, 0, 1 and 2 are free, and so are exercises and further reading.

    Args:
        lesson: whose prose is read.
        outputs: of its code cells, in one list; None where they are not known: then nothing can be said.
    """
    if outputs is None:
        return []
    produced = _produced(lesson, outputs)
    problems = []
    for language in LANGUAGES:
        text = "\n".join(cell.source for cell in lesson.prose(language))
        known = [*produced, *_of_claims(text, language)]
        for written, unit in WRITTEN.findall(words(text) + "\n" + captions(lesson, language)):
            if not _is_known(written, unit, known):
                problems.append(f"{language}: {written}{unit} stands in the prose and nothing produced it")
    return problems


def captions(lesson: Lesson, language: Language) -> str:
    """Join what the lesson's figures say."""
    return "\n".join(words(str(cell.figure.get(language, ""))) for cell in lesson.code)


def _produced(lesson: Lesson, outputs: Iterable[dict[str, Any]]) -> list[float]:
    """Gather the numbers of the code cells and of what they printed and kept."""
    texts = [cell.source for cell in lesson.code]
    for output in outputs:
        data = output.get("data", {})
        texts.append("".join(output.get("text", "")) + "".join(data.get("text/plain", "")))
        texts += [str(value) for value in data.get(VALUES_MIME, {}).values()]
    return numbers_in("\n".join(texts))


def numbers_in(text: str) -> list[float]:
    """List the numbers of a text that was computed: 1e-3, 60_000 and 60,000 are each one."""
    return [float(found.replace(",", "").replace("_", "")) for found in COMPUTED.findall(text)]


def _of_claims(text: str, language: Language) -> list[float]:
    """Gather the numbers of the claims that the text names: their statements, reasons and measurements."""
    found: list[float] = []
    for role in roles(text):
        name = role.content.split()[0]
        if role.kind in ("claim", "measured") and name in CLAIMS:
            record = evidence_of(CLAIMS[name])
            evidence = record.content["evidence"]
            values = [float(value) for value in record.value.values()]
            counted = [float(evidence["n"]), float(len(evidence["seeds"])), *(evidence["interval"] or ())]
            found += [*values, *counted]
            found += numbers_in(f"{said(CLAIMS[name], language)} {record.why(language)} {evidence['bound']}")
    return [abs(value) for value in found if math.isfinite(value)]


def _is_known(written: str, unit: str, known: list[float]) -> bool:
    plain = written.replace(",", "").replace(" ", "")
    value, decimals = float(plain), len(plain.partition(".")[2])
    if not unit and (value in FREE or (decimals == 0 and value in YEARS)):
        return True
    scale = UNITS.get(unit, 1.0)
    room = 0.5 * 10**-decimals * (1 + 1e-9)
    if decimals == 0 and value < 10 and not unit:
        room = 0.0  # rounding would let every small number pass
    scales = (scale, 1.0) if unit == "%" else (scale,)
    return any(abs(produced / each - value) <= room for produced in known for each in scales)
