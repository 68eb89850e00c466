"""What README says in both languages is so: recipes, counts, accuracies, names and links."""

import re
from pathlib import Path

import pytest

from d2lab.claims.catalog import CLAIMS
from d2lab.exercises.catalog import course_folder, read_exercises
from d2lab.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"en": "README.md", "zh": "README.zh.md"}
DATA = {  # as the tables call the default data
    "en": {
        "digits": "digits",
        "synthetic-linear": "points around a known plane",
        "blobs": "two clusters",
        "noisy-sine": "noisy sine",
        "diabetes": "diabetes",
        "notes-en": "the course's prose",
        "scenes": "digits on photos",
        "scenes-pixels": "digits on photos, pixel by pixel",
    },
    "zh": {
        "digits": "手写数字",
        "synthetic-linear": "围绕已知平面的数据点",
        "blobs": "两团数据",
        "diabetes": "糖尿病",
        "noisy-sine": "带噪声的正弦",
        "notes-en": "课程正文",
        "scenes": "照片上的手写数字",
        "scenes-pixels": "照片上的手写数字（逐像素）",
    },
}
COUNTED = {
    "en": {"lessons": r"(\d[\d,]*) lessons", "claims": r"(\d[\d,]*) claims", "exercises": r"(\d[\d,]*) exercises"},
    "zh": {"lessons": r"(\d[\d,]*) 课", "claims": r"(\d[\d,]*) 条论断", "exercises": r"(\d[\d,]*) 道练习"},
}
FIGURE = re.compile(r"\b0\.\d{3}\b")
each_page = pytest.mark.parametrize("language", PAGES)


def page(language):
    return (ROOT / PAGES[language]).read_text(encoding="utf-8")


def recipe_table(language):
    """Yield (recipe, chapter, data) of each name in the first column of the table of recipes."""
    section = re.search(r"\n## (?:Recipes|配方)\n(.*?)\n\n[^|\n]", page(language), re.S)[1]
    for row in section.strip().splitlines()[2:]:
        names, chapter, _, data = (cell.strip() for cell in row.strip("|").split(" | "))
        for name in re.findall(r"`([^`]+)`", names):
            yield name, int(chapter), data


@each_page
def test_the_table_of_recipes_is_the_list_of_recipes(language):
    rows = list(recipe_table(language))
    assert sorted(name for name, _, _ in rows) == sorted(RECIPES)
    assert {name: chapter for name, chapter, _ in rows} == {name: r.chapter for name, r in RECIPES.items()}
    wrong = {name: said for name, _, said in rows if not said.startswith(DATA[language][RECIPES[name].data])}
    assert not wrong


def counts():
    course = course_folder()
    lessons = len(list((ROOT / "course").glob("[0-9][0-9]-*/[0-9][0-9]-*.md")))
    return {"lessons": lessons, "claims": len(CLAIMS), "exercises": len(read_exercises(course))}


@each_page
def test_counts_are_counted(language):
    text, true = page(language), counts()
    for what, pattern in COUNTED[language].items():
        said = {int(number.replace(",", "")) for number in re.findall(pattern, text)}
        assert said == {true[what]}, what


@each_page
def test_the_chapters_that_have_lessons_are_named(language):
    chapters = sorted({int(path.parent.name[:2]) for path in (ROOT / "course").glob("[0-9][0-9]-*/[0-9][0-9]-*.md")})
    runs = []
    for chapter in chapters:
        if runs and runs[-1][1] == chapter - 1:
            runs[-1][1] = chapter
        else:
            runs.append([chapter, chapter])
    span, alone = ("{} to {}", "{}") if language == "en" else ("第 {} 到第 {} 章", "第 {} 章")
    *others, last = [(span if run[0] < run[1] else alone).format(*run) for run in runs]
    comma, joint = (", ", " and ") if language == "en" else ("、", "和")
    said = ("chapters " if language == "en" else "对应") + comma.join(others) + joint + last
    assert said in page(language)


def measured():
    from benchmarks.recipes import results

    return results()["test_accuracy"]


@each_page
def test_accuracies_are_those_that_were_measured(language):
    said = [paragraph for paragraph in page(language).split("\n\n") if "`d2lab train lenet`" in paragraph]
    assert len(said) == 1, "the paragraph that names `d2lab train lenet` gives its accuracies"
    quoted = FIGURE.findall(said[0])
    assert quoted == [f"{accuracy:.3f}" for accuracy in measured()["lenet"]]


@each_page
def test_no_figure_is_quoted_that_no_benchmark_measured(language):
    from benchmarks.detectors import results, table

    known = {f"{accuracy:.3f}" for accuracy in measured()["lenet"]} | set(FIGURE.findall(table(results())))
    assert set(FIGURE.findall(page(language))) <= known


@pytest.mark.slow
def test_what_was_measured_comes_again():
    from benchmarks.recipes import measure

    assert measure("lenet", 0) == pytest.approx(
        measured()["lenet"][0], abs=0.0112
    )  # four of 360 digits: other machines


@each_page
def test_named_claims_and_exercises_exist(language):
    text = page(language)
    claims = set(re.findall(r"d2lab (?:check|claims) ([a-z0-9]+(?:-[a-z0-9]+)+)", text))
    assert claims
    assert claims <= set(CLAIMS)
    assert set(re.findall(r"d2lab exercise start ([a-z0-9-]+)", text)) <= set(read_exercises(course_folder()))


@each_page
def test_named_recipes_exist(language):
    assert set(re.findall(r"d2lab train ([a-z][a-z0-9-]*)", page(language))) <= set(RECIPES)


@pytest.mark.parametrize("name", [*PAGES.values(), "CONTRIBUTING.md", "docs/benchmarks.md", "docs/benchmarks.zh.md"])
def test_links_lead_somewhere(name):
    here = (ROOT / name).parent
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (here / link).exists()] == []


def test_commands_of_benchmarks_need_no_group_that_does_not_exist():
    import tomllib

    groups = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"])
    texts = [*(ROOT / "benchmarks").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "docs").glob("*.md")]
    named = {group for path in texts for group in re.findall(r"--group (\w+)", path.read_text(encoding="utf-8"))}
    assert named <= groups


def promises(language):
    section = re.search(r"\n## (?:What you can rely on|你可以放心的事)\n(.*?)\n## ", page(language), re.S)[1]
    return [re.findall(r"\]\((tests/[^)]+)\)", promise) for promise in section.split("\n- ")[1:]]


def test_each_promise_names_the_tests_that_hold_it():
    assert promises("en") == promises("zh")
    assert len(promises("en")) >= 7
    for tests in promises("en"):
        assert tests
        assert all(re.search(r"^def test_", (ROOT / test).read_text(encoding="utf-8"), re.M) for test in tests)


@each_page
def test_commands_are_verbs_with_these_options(language):
    from typer.main import get_command

    from d2lab.cli.main import app

    said = re.findall(r"(?:uv run |`|&& )d2lab ([a-z][^`\n&]*)", page(language))
    assert len(said) >= 25
    for line in said:
        words = line.split("  ")[0].split()
        command = get_command(app)
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command is not get_command(app), line
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line
