"""What pages are made of: every claim and recipe has its place, docstrings become markup, roles become links."""

import re
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.page import evidence_of
from d2lab.core.errors import ConfigError
from d2lab.core.language import LANGUAGES
from d2lab.exercises.catalog import read_exercises
from d2lab.lessons import read_course
from d2lab.lessons.render_roles import render
from d2lab.models.variants import VARIANTS
from d2lab.recipes import RECIPES
from d2lab.site.claim_pages import claims_index, claims_page
from d2lab.site.course_pages import chapter_page, course_index, question, told_in
from d2lab.site.docstrings import as_rst
from d2lab.site.exercise_pages import listed, task
from d2lab.site.reference_pages import models_page, recipes_page
from d2lab.site.target import PageTarget, source_of

COURSE = Path(__file__).resolve().parents[2] / "course"
each_language = pytest.mark.parametrize("language", LANGUAGES)


@each_language
def test_every_claim_is_in_the_browser_with_its_verdict(language):
    page = claims_index(language)
    rows = re.findall(r'<tr data-chapter="(\d+)" data-verdict="([^"]+)" data-id="([^"]+)">', page)
    assert {(int(c), v, name) for c, v, name in rows} == {
        (claim.chapter, evidence_of(claim).verdict, claim.id) for claim in CLAIMS.values()
    }
    told = {"dropout-keeps-the-mean": [("A lesson", "course/07-dropout/01-dropout")]}
    seven = claims_page(7, language, told)
    assert re.findall(r"^\(([\w-]+)\)=$", seven, re.M)[1:] == [c.id for c in CLAIMS.values() if c.chapter == 7]
    assert '<a href="../course/07-dropout/01-dropout.html">A lesson</a>' in seven
    assert "def dropout_keeps_the_mean" in seven


@each_language
def test_every_recipe_and_net_has_its_row(language):
    recipes = recipes_page(language)
    assert re.findall(r"^\(recipe-([\w-]+)\)=$", recipes, re.M) == [
        r.name for r in sorted(RECIPES.values(), key=lambda r: r.chapter)
    ]
    assert all((recipe.en if language == "en" else recipe.zh) in recipes for recipe in RECIPES.values())
    models = models_page(language)
    assert all(f"| `{name}` |" in models for name in VARIANTS)
    assert "25,557,032" in models  # resnet50, as its paper's models have it everywhere


@each_language
def test_the_map_shows_every_lesson_and_each_asks_a_question(language):
    lessons = read_course(COURSE)
    page = course_index(lessons, language)
    for one in lessons:
        assert f'<a href="{one.name}.html">{one.title(language)}</a>' in page
        assert question(one, language).endswith("？" if language == "zh" else "?")
    first = [one for one in lessons if one.chapter == 2]
    assert all(question(one, language) in chapter_page(first, language) for one in first)
    named = told_in(lessons, language)["linear-regression-finds-the-true-weights"]
    assert named[0][1] == "course/02-linear-regression/01-linear-regression"


def test_roles_become_links_from_any_depth():
    text = "{claim}`dropout-keeps-the-mean` {value}`x:.1%` {d2lab}`layers.Dropout` {recipe}`lenet` {eq}`kept`"
    filled = render(text, "en", PageTarget("../../"), {"x": 0.125})
    assert 'href="../../claims/07.html#dropout-keeps-the-mean"' in filled
    assert ">holds <" in filled
    assert " 12.5% " in filled
    assert 'href="../../_modules/d2lab/layers/dropout.html#Dropout"' in filled
    assert 'href="../../reference/recipes.html#recipe-lenet"' in filled
    assert filled.endswith("{eq}`kept`")
    assert render("```text\n{recipe}`lenet`\n```", "en", PageTarget(""), {}) == "```text\n{recipe}`lenet`\n```"


def test_claims_alone_become_cards():
    filled = render("{claim}`dropout-keeps-the-mean`\n{claim}`stride-two-halves-the-work`\n", "zh", PageTarget(""), {})
    assert filled.count('<div class="claim-card"') == 2
    assert CLAIMS["dropout-keeps-the-mean"].zh in filled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{value}`y`", "got 'y', need one of x"),
        ("{value}`x:nonsense`", "format of x"),
        ("{measured}`dropout-keeps-the-mean nothing`", "got 'nothing'"),
        ("{claim}`no-such`", "claim: got 'no-such'"),
    ],
)
def test_a_role_that_names_nothing_is_refused(text, said):
    with pytest.raises(ConfigError, match=said):
        render(text, "en", PageTarget(""), {"x": 1.0})


def test_a_name_leads_to_the_file_that_defines_it():
    assert source_of("layers.Conv2d") == ("d2lab.layers.convolution", "Conv2d")
    assert source_of("d2lab.layers.convolution.convolve_loop") == ("d2lab.layers.convolution", "convolve_loop")
    assert source_of("layers.dropout") == ("d2lab.layers.dropout", "")


def test_docstrings_become_markup():
    lines = [
        "Minimize |y - Xw|^2 by `x * y` and w_.",
        "",
        "    code(*a)",
        "",
        "Source: one",
        "    and two",
        "Twin: three",
    ]
    assert as_rst(lines) == [
        "Minimize \\|y - Xw\\|^2 by `x * y` and w\\_.",
        "",
        ".. code-block:: python",
        "",
        "    code(*a)",
        "",
        "Source: one",
        "and two",
        "",
        "Twin: three",
    ]
    assert as_rst(["Args:", "    x: a|b"]) == ["Args:", "    x: a\\|b"]


@each_language
def test_the_text_of_every_exercise_stands_on_its_lessons_page_in_one_language(language):
    entries = read_exercises(COURSE)
    for entry in entries.values():
        said = task(entry, language)
        assert said, entry.id
        assert bool(re.search("[\u4e00-\u9fff]", said)) == (language == "zh"), entry.id
    page = listed([entries["drop"], entries["graph-gradients"]], language, linked=False)
    assert "`d2lab exercise start drop`" in page
    assert task(entries["drop"], language) in page
    assert language == "zh" or "a = x \\* y" in page  # a star is a star
