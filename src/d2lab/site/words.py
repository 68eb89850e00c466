"""Interface texts of the pages in both languages."""

from d2lab.core.language import Language

WORDS: dict[str, dict[Language, str]] = {
    "course": {"en": "Course", "zh": "课程"},
    "claims": {"en": "Claims", "zh": "论断"},
    "recipes": {"en": "Recipes", "zh": "配方"},
    "models": {"en": "Models", "zh": "模型"},
    "reference": {"en": "Reference", "zh": "参考"},
    "api": {"en": "API", "zh": "API"},
    "source": {"en": "source", "zh": "源码"},
    "chapter": {"en": "Chapter {}", "zh": "第 {} 章"},
    "chapters": {"en": "Chapter", "zh": "章"},
    "claims of": {"en": "Claims: {}", "zh": "{}：论断"},
    "slides": {"en": "Slides", "zh": "幻灯片"},
    "notebook": {"en": "Notebook", "zh": "Notebook"},
    "colab": {"en": "Open in Colab", "zh": "在 Colab 中打开"},
    "solution": {"en": "solution", "zh": "参考解答"},
    "solutions": {"en": "Worked solutions", "zh": "参考解答"},
    "explorers": {"en": "Explorers", "zh": "交互图"},
    "code": {"en": "Code of the figure", "zh": "画图代码"},
    "measured": {"en": "measured", "zh": "实测"},
    "check": {"en": "How it is checked", "zh": "怎样检验"},
    "evidence": {"en": "Evidence", "zh": "证据"},
    "told": {"en": "Told in", "zh": "出现于"},
    "statement": {"en": "Statement", "zh": "论断"},
    "verdict": {"en": "Verdict", "zh": "结论"},
    "scope": {"en": "Scope:", "zh": "范围："},
    "all": {"en": "all", "zh": "全部"},
    "verdict counts": {"en": "How many of each verdict", "zh": "各种结论的数目"},
    "filter": {"en": "Words to look for", "zh": "关键词"},
    "shown": {"en": "shown", "zh": "条"},
}


def word(name: str, language: Language) -> str:
    """Return an interface text.

    Args:
        name: key of the text.
        language: of the page.
    """
    return WORDS[name][language]
