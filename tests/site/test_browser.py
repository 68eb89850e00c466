"""The built site in a real browser: every page, both languages, light, dark and on a phone."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

from d2lab.claims.catalog import CLAIMS
from d2lab.lessons import read_course
from d2lab.site.links import dead_links
from d2lab.site.stamp import STAMP

pytestmark = pytest.mark.slow
COURSE = Path(__file__).resolve().parents[2] / "course"
LESSONS = [f"course/{one.name}.html" for one in read_course(COURSE)]
LOOKS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390, "height": 844}}
GROUPS = ("index", "course", "explore", "claims", "reference", "api")
each_language = pytest.mark.parametrize("language", ["zh", "en"])


def wait_until(page, condition, seconds=15):
    """Wait for a condition; Playwright's own wait makes code from text in the page, which the site's policy forbids."""
    for _ in range(seconds * 20):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} s: {condition}")


def pages_of(site, language, group):
    """List the pages of one group; the sources' pages, hundreds of one kind, are looked at by a few."""
    root = site / language
    if group == "index":
        sources = sorted((root / "_modules" / "d2lab" / "layers").glob("*.html"))[:3]
        return [root / "index.html", *sources]
    return sorted((root / group).rglob("*.html"))


def test_the_site_is_whole_and_no_link_is_dead(site):
    assert json.loads((site / STAMP).read_text())["lessons"] == [
        lesson.removeprefix("course/").removesuffix(".html") for lesson in LESSONS
    ]
    assert dead_links(site) == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("group", GROUPS)
@each_language
def test_every_page_is_sound(site, visit, language, group, look):
    page = visit(f"{language}/index.html", **LOOKS[look])
    address = page.url.removesuffix(f"{language}/index.html")
    turn = list(LOOKS).index(look) + (language == "en")
    for number, path in enumerate(pages_of(site, language, group)):
        if group == "course" and (number - turn) % len(LOOKS):
            continue  # a hundred pages of one kind: each in one look, in another one in the other language
        place = path.relative_to(site).as_posix()
        page.goto(f"{address}{place}", wait_until="load")
        assert page.locator("h1").count() == 1, place
        width, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width <= room, f"{place} scrolls sideways: {width} > {room}"
        assert page.evaluate("document.documentElement.lang").startswith(language), place
        assert page.evaluate("document.documentElement.classList.contains('dark')") == (look == "dark"), place
        unnamed = page.evaluate(
            "[...document.querySelectorAll('button, a[href], input, select')].filter(e => e.checkVisibility() &&"
            " !(e.innerText || e.ariaLabel || e.title || e.labels?.length || e.querySelector('img[alt], svg'))).length"
        )
        assert unnamed == 0, f"{place}: {unnamed} controls without a name"
        bare = page.evaluate("[...document.images].filter(i => !i.alt).length")
        assert bare == 0, f"{place}: {bare} pictures without words for them"


@each_language
def test_the_language_switch_keeps_the_page(visit, language):
    other = {"zh": "en", "en": "zh"}[language]
    for place in ("index.html", LESSONS[0], "claims/14.html", "api/layers.html", "reference/recipes.html"):
        page = visit(f"{language}/{place}")
        page.locator("a.language-switch:visible").click()
        page.wait_for_url(f"**/{other}/{place}")
        page.locator("a.language-switch:visible").click()
        page.wait_for_url(f"**/{language}/{place}")


def test_the_entry_asks_the_browser_for_its_language(browser, address):
    for locale, language in (("zh-CN", "zh"), ("en-US", "en"), ("fr-FR", "en")):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.goto(f"{address}/index.html")
        page.wait_for_url(f"**/{language}/index.html")
        context.close()


def test_search_works_by_keyboard_alone(visit):
    page = visit("en/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("linear regresion")  # with a slip
    hits = page.locator("#search-hits a")
    hits.first.wait_for()
    assert hits.count() >= 3
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('href')") == hits.nth(1).get_attribute("href")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/en/(course|claims)/"))
    page.keyboard.press("/")
    assert page.locator("dialog.search").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog.search").is_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("qqqqzzzz")
    assert page.locator("#search-hits .none").is_visible()


def test_search_shows_what_was_typed_as_text(visit):
    page = visit("zh/index.html")
    page.locator(".search-open:visible").click()
    page.keyboard.type("<img src=x onerror=alert(1)> 卷积")
    page.wait_for_timeout(200)
    assert page.locator("dialog.search img").count() == 0


def test_the_phone_has_search_and_language_at_hand(visit):
    page = visit("zh/index.html", width=390, height=844)
    page.locator(".search-open:visible").click()
    assert page.locator("dialog.search input").is_visible()
    page.keyboard.press("Escape")
    page.locator("a.language-switch:visible").click()
    page.wait_for_url("**/en/index.html")


@each_language
def test_the_browser_of_claims_filters(visit, language):
    page = visit(f"{language}/claims/index.html")
    rows = page.locator("#claims-table tbody tr:visible")
    assert rows.count() == len(CLAIMS)
    page.select_option("select[name=chapter]", "14")
    page.select_option("select[name=verdict]", "does not hold")
    shown = rows.evaluate_all("rows => rows.map(r => [r.dataset.chapter, r.dataset.verdict])")
    assert shown
    assert all(row == ["14", "does not hold"] for row in shown)
    assert page.url.endswith("?chapter=14&verdict=does+not+hold")
    assert page.locator("#claims-filter output").inner_text().startswith(f"{len(shown)} / {len(CLAIMS)} ")
    page.reload()
    assert rows.count() == len(shown)  # the address holds the choice
    page.select_option("select[name=chapter]", "")
    page.select_option("select[name=verdict]", "")
    page.fill("input[name=words]", "stride-two")
    assert rows.count() == 1
    rows.locator("a").first.click()
    page.wait_for_url("**/claims/14.html#stride-two-halves-the-work")


@each_language
def test_slides_show_the_whole_lesson(visit, language):
    for place in LESSONS[:3]:
        page = visit(f"{language}/{place}?slides", width=1280, height=760)
        wait_until(page, "document.documentElement.dataset.slides > 5")
        deck = page.locator(".reveal .slides")
        assert deck.locator("h1").count() == 1
        plain = visit(f"{language}/{place}")
        formulas = plain.locator("article div.math").count()
        assert deck.locator("div.math").count() == formulas
        assert deck.locator("figure").count() == plain.locator("article figure").count()
        before = page.url
        page.keyboard.press("ArrowRight")
        wait_until(page, f"location.href !== {json.dumps(before)}")


def test_figures_and_formulas_are_drawn_and_follow_the_theme(visit):
    for dark in (False, True):
        page = visit(f"en/{LESSONS[0]}", dark=dark)
        shown = page.locator("figure img.themed:visible")
        assert shown.count() == page.locator("figure").count() >= 1
        for number in range(shown.count()):
            shown.nth(number).scroll_into_view_if_needed()
            assert shown.nth(number).get_attribute("src").endswith("-dark.svg") == dark
        wait_until(page, "[...document.images].filter(i => i.checkVisibility()).every(i => i.naturalWidth > 0)")
        assert page.locator("article .katex").count() >= 3
        assert "$$" not in page.locator("article").inner_text()


def test_no_line_begins_with_the_mark_behind_a_formula(visit):
    page = visit(f"zh/{LESSONS[0]}", width=390)
    marked = page.locator("article .katex-base[data-mark]")
    assert marked.count() >= 3
    loose = """() => [...document.querySelectorAll('article span.math')].filter((m) =>
                 m.nextSibling?.nodeType === 3 && '，。；：、！？'.includes(m.nextSibling.data[0])).length"""
    assert page.evaluate(loose) == 0
    drawn = marked.first.evaluate("(e) => getComputedStyle(e, '::after').content")
    said = page.locator("article span.math + .unseen").first
    assert drawn.strip('"') == said.text_content() == marked.first.get_attribute("data-mark")
    assert said.bounding_box()["width"] <= 1


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(visit, dark):
    page = visit(f"zh/{LESSONS[0]}", dark=dark)
    selectors = ["article p", "article figcaption", ".claim-card .verdict", ".foot", ".tools a", ".search-open:visible"]
    for selector in selectors:
        ratio = page.locator(selector).first.evaluate(CONTRAST)
        assert ratio >= 4.5, f"{selector}: {ratio:.1f}"


CONTRAST = """(element) => {
  const parse = (c) => { const v = c.match(/[\\d.]+/g).map(Number); return {rgb: v.slice(0, 3), a: v[3] ?? 1}; };
  let ground = element;
  while (parse(getComputedStyle(ground).backgroundColor).a < 1 && ground.parentElement) ground = ground.parentElement;
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (c) => parse(c).rgb.map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const both = [light(getComputedStyle(element).color), light(getComputedStyle(ground).backgroundColor)];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""


def test_paper_gets_no_menus_and_all_code(visit):
    page = visit(f"en/{LESSONS[0]}")
    page.emulate_media(media="print")
    for selector in (".sy-head", ".tools", ".sy-lside"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator("article figure img.light-only").first.is_visible()


def test_without_scripts_one_can_read_and_see_all_claims(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/zh/claims/index.html")
    assert page.locator("#claims-table tbody tr:visible").count() == len(CLAIMS)
    page.goto(f"{address}/zh/{LESSONS[0]}")
    assert page.locator("article .katex").count() >= 3
    assert page.locator("figure img.themed:visible").count() == page.locator("figure").count()
    context.close()
