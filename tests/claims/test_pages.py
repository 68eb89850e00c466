"""Pages about claims hold what the records hold; no number stands in their prose that was not measured or set."""

import importlib
import re
from pathlib import Path

import pytest

from d2lab.claims import page
from d2lab.claims.catalog import CLAIMS, find_claim
from d2lab.claims.chapters import TITLES
from d2lab.claims.evidence import VERDICTS
from d2lab.claims.lessons import pages_of
from d2lab.claims.record import recorded

ROOT = Path(__file__).resolve().parents[2]
FAILURES = sorted((ROOT / "docs" / "failures").glob("*.md"))
each_failure = pytest.mark.parametrize("file", FAILURES, ids=lambda file: file.name)


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("tools.claim_pages")


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_the_pages_are_what_the_records_say(tool, language):
    for file, text in tool.written(language).items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run python -m tools.claim_pages"


def test_the_summary_counts_every_claim_once():
    *chapters, total = page.summary_rows("en")
    assert len(chapters) == len({c.chapter for c in CLAIMS.values()})
    for row in (*chapters, total):
        assert int(row[1]) == sum(map(int, row[2:]))
    assert int(total[1]) == len(CLAIMS)
    assert [sum(int(row[i]) for row in chapters) for i in range(1, 8)] == [int(cell) for cell in total[1:]]


def test_every_chapter_and_verdict_has_a_name_in_both_languages():
    assert {c.chapter for c in CLAIMS.values()} <= set(TITLES)
    assert set(page.VERDICT_ZH) == set(VERDICTS)


def test_a_bar_in_a_cell_does_not_end_it():
    with_bars = [c for c in CLAIMS.values() if "|" in recorded(c).content["evidence"]["bound"]]
    assert with_bars
    for claim in with_bars:
        lines = page.evidence_table(claim, "en").splitlines()
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}


@each_failure
def test_a_page_tells_about_a_claim_that_fails_in_both_languages_with_its_picture(file):
    claim = find_claim(file.name.split(".")[0])
    assert recorded(claim).verdict in {"does not hold", "holds in scope", "depends on hardware"}
    assert (file.parent / f"{claim.id}.md").is_file()
    assert (file.parent / f"{claim.id}.zh.md").is_file()
    text = file.read_text(encoding="utf-8")
    for suffix in ("", "-dark"):
        assert f"pictures/{claim.id}{suffix}.svg" in text
        assert (file.parent / "pictures" / f"{claim.id}{suffix}.svg").is_file()
    assert f"d2lab check {claim.id} --show" in text
    assert file.relative_to(ROOT) in pages_of(claim)
    english, chinese = ((file.parent / f"{claim.id}{s}.md").read_text(encoding="utf-8") for s in ("", ".zh"))
    assert english.count("\n## ") == chinese.count("\n## ") == 3


def prose(text):
    """The words of a page without code, tables, links and marks."""
    text = re.sub(r"```.*?```|`[^`]*`|<[^>]*>|\]\([^)]*\)|^\|.*?$", " ", text, flags=re.S | re.M)
    return re.sub(r"\$[^$]*\$", " ", text)


def numbers(text):
    """Numbers of two digits and more, as they are written."""
    return [n.replace(",", "") for n in re.findall(r"(?<![\w.])\d[\d,]*\.?\d*", prose(text)) if len(n.strip(".,")) > 1]


@each_failure
def test_each_number_of_a_page_was_measured_or_stands_in_the_check(file):
    claim = find_claim(file.name.split(".")[0])
    evidence = recorded(claim).content["evidence"]
    known = [float(v) for v in evidence["value"].values()] + list(evidence["interval"] or [])
    source = (ROOT / "src" / claim.place.partition(":")[0]).read_text(encoding="utf-8")
    set_up = {float(n.replace("_", "").replace(",", "").strip(".")) for n in re.findall(r"\d[\d_,]*\.?\d*", source)}
    for text in numbers(file.read_text(encoding="utf-8")):
        digits = len(text.partition(".")[2].rstrip("."))
        measured = {f"{abs(scale * v):.{digits}f}" for v in known for scale in (1, 100)}
        found = text.rstrip(".") in measured or float(text.rstrip(".")) in set_up
        assert found, f"{text} was neither measured nor set"
