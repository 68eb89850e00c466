"""The page on method: its numbers are those of the engine, its verdicts all of them, in both languages."""

import re
from pathlib import Path

import pytest

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.decide import VERDICTS, at_least, decide, looks_of, spending
from d2lab.claims.page import verdict_word
from d2lab.lessons.lesson import read_prose
from d2lab.metrics.paired import mean_interval

PAGE = Path(__file__).parents[2] / "course" / "method.md"
SMALLEST = 0.5
DIFFERENCES = {
    "holds": (0.8, 1.2, 0.4, 1.0, 0.6),
    "does not hold": (0.1, -0.2, 0.2, 0.0, -0.1),
    "not decided": (0.8, -0.6, 1.4, 0.2, -0.3),
}


@pytest.fixture(params=("en", "zh"))
def page(request):
    text = "\n".join(cell.source for cell in read_prose(PAGE) if cell.language == request.param)
    return request.param, text


def test_the_page_names_every_verdict_once_in_its_table(page):
    language, text = page
    lines = text[text.index("\n## ") :].splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    assert rows[1 : len(VERDICTS) + 1] == [verdict_word(verdict, language) for verdict in VERDICTS]


@pytest.mark.parametrize("verdict", DIFFERENCES)
def test_the_example_by_hand_is_what_the_engine_says(page, verdict):
    language, text = page
    mean = mean_interval(DIFFERENCES[verdict])
    decision = decide(at_least(mean, SMALLEST))
    low, high = decision.interval
    assert decision.verdict == verdict
    example = text[text.index("\n### ") : text.index("\n## ", text.index("\n### "))]
    said = [f"{value:.3f}" for value in (low, high)] + [f"**{verdict_word(verdict, language)}**"]
    at = [example.index(part) for part in said]
    assert at == sorted(at)
    if decision.needed:
        assert f" {decision.needed} " in example


def test_the_price_of_each_look_is_what_the_engine_spends(page):
    _, text = page
    looks = looks_of(40)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if re.fullmatch(r"\| \d+ \| [\d.]+ \|", line)]
    assert tuple(int(count) for count, _ in rows) == looks
    spent = [float(f"{one:.1g}" if one < 1e-3 else f"{one:.4f}") for one in spending(looks)]
    assert [float(share) for _, share in rows] == spent
    first = decide(at_least(mean_interval(DIFFERENCES["holds"]), SMALLEST), alpha=spending(looks)[0])
    assert first.verdict == "not decided"  # as the page says of the first of four looks


def test_the_claim_that_the_page_runs_again_is_one(page):
    assert re.search(r"d2lab check ([a-z-]+) --seeds", page[1]).group(1) in CLAIMS
