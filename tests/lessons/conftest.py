"""A small course that is right; tests break it."""

import pytest

HEADER = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n"
LESSON = (
    HEADER
    + """
+++ {"lang": "zh"}

(halves)=
# 一半

:::{admonition} 问题
:class: question
一半是多少？
:::

$$ h = x / 2 $$ (eq-half)

+++ {"lang": "en"}

(halves)=
# Halves

:::{admonition} Question
:class: question
How much is a half?
:::

$$ h = x / 2 $$ (eq-half)

```{code-cell} ipython3
from d2lab.lessons import keep

half = 37 / 2
print(half)
keep(half=half)
```

+++ {"lang": "zh"}

37 的一半是 {value}`half:.1f`，见 {eq}`eq-half`。用 {d2lab}`layers.Dropout`。

{claim}`dropout-keeps-the-mean`

## 练习

1. 512 的一半？

## 延伸阅读

- [1999](https://example.org/1999)

+++ {"lang": "en"}

Half of 37 is {value}`half:.1f`, by {eq}`eq-half`. Use {d2lab}`layers.Dropout`.

{claim}`dropout-keeps-the-mean`

## Exercises

1. Half of 512?

## Further reading

- [1999](https://example.org/1999)
"""
)


@pytest.fixture
def write(tmp_path):
    """Write a lesson, changed by pairs (old, new), and return its path."""

    def written(*changes, name="01-halves", chapter="05-small"):
        text = LESSON
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "course" / chapter / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written
