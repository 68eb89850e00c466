"""Tables from the registries: every recipe with its settings, every model of the papers with its costs."""

import importlib
import inspect
from pathlib import Path

from d2lab.claims.page import markdown_table
from d2lab.core.language import Language
from d2lab.core.settings import leaves
from d2lab.experiments.build import count_parameters
from d2lab.experiments.plan import plan
from d2lab.models.variants import VARIANTS
from d2lab.recipes import RECIPES, Recipe
from d2lab.reports.summary import find_subject
from d2lab.reports.summary import inspect as inspect_model
from d2lab.site.words import word

INTRO: dict[str, dict[Language, str]] = {
    "recipes": {
        "en": "A recipe is a whole experiment by name: data, model, optimizer and budget. `d2lab train NAME` runs it "
        "and leaves a record; `--set key=value` changes any setting below.",
        "zh": "配方就是一个有名字的完整实验：数据、模型、优化器和预算。用 `d2lab train NAME` 运行并留下记录，"
        "用 `--set key=value` 修改下面任何一项设置。",
    },
    "models": {
        "en": "Published models at the sizes of their papers, 1,000 classes. The numbers are counted during a forward "
        "pass; `d2lab inspect NAME` shows each layer.",
        "zh": "论文里的模型，按论文的尺寸、1000 个类别。下列数字都在一次前向计算中数出；"
        "`d2lab inspect NAME` 可以逐层查看。",
    },
}
HEADS: dict[str, dict[Language, tuple[str, ...]]] = {
    "recipes": {
        "en": ("recipe", "chapter", "data", "parameters", "what"),
        "zh": ("配方", "章", "数据", "参数量", "内容"),
    },
    "models": {
        "en": ("model", "input", "parameters", "multiply-adds", "activations"),
        "zh": ("网络", "输入", "参数量", "乘加次数", "激活值"),
    },
}
SHOWN = {"model", "init", "optimizer", "schedule", "loop", "text", "horizon"}


def recipes_page(language: Language) -> str:
    """Write the table of recipes, and a section each with its settings.

    Args:
        language: of the page.
    """
    ordered = sorted(RECIPES.values(), key=lambda recipe: recipe.chapter)
    rows = []
    for recipe in ordered:
        size = count_parameters(plan(recipe.name, device="cpu"))
        said = recipe.en if language == "en" else recipe.zh
        name = f'<a href="#recipe-{recipe.name}"><code>{recipe.name}</code></a>'
        rows.append([name, str(recipe.chapter), f"`{recipe.data}`", f"{size:,}", said])
    head = f"(recipes)=\n# {word('recipes', language)}\n\n{INTRO['recipes'][language]}"
    table = markdown_table(HEADS["recipes"][language], rows)
    return "\n\n".join([head, table, *(_recipe(recipe, language) for recipe in ordered)]) + "\n"


def models_page(language: Language) -> str:
    """Write the table of the papers' models.

    Args:
        language: of the page.
    """
    rows = []
    for name in VARIANTS:
        found = inspect_model(find_subject(name, paper=True), timed=False)
        costs, given = found.summary, " × ".join(map(str, found.subject.shape))
        work = f"{costs.multiply_adds / 1e9:.2f} G"
        rows.append([f"`{name}`", given, f"{costs.parameters:,}", work, f"{costs.activation_bytes / 2**20:.1f} MiB"])
    head = f"(models)=\n# {word('models', language)}\n\n{INTRO['models'][language]}"
    return f"{head}\n\n{markdown_table(HEADS['models'][language], rows)}\n"


def _recipe(recipe: Recipe, language: Language) -> str:
    """Write one recipe: what it is, the command, and the settings of its model, optimizer and loop."""
    settings = leaves(plan(recipe.name, device="cpu").settings)
    lines = "\n".join(f"{key} = {value}" for key, value in settings if key.partition(".")[0] in SHOWN)
    said = recipe.en if language == "en" else recipe.zh
    module = importlib.import_module(f"d2lab.recipes.{recipe.name.replace('-', '_')}")
    summary = f"{word('source', language)}: <code>recipes/{Path(module.__file__ or '').name}</code>"
    return (
        f"(recipe-{recipe.name})=\n## `{recipe.name}`\n\n{said}\n\n"
        f"```console\n$ d2lab train {recipe.name}\n```\n\n```text\n{lines}\n```\n\n"
        f"<details class='fold'><summary>{summary}</summary>\n\n"
        f"```python\n{inspect.getsource(module).rstrip()}\n```\n\n</details>"
    )
