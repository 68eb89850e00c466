"""A step of style transfer beside the book's, whose code is read from a clone that $D2LAB_BOOK names."""

import importlib
import os
from pathlib import Path

import pytest
import torch

CHAPTER = """
```{.python .input}
#@tab all
style_layers, content_layers = [0, 5], [5]
```

```{.python .input}
#@tab pytorch
pretrained_net = nothing(pretrained=True)
def gram(X):
    return d2l.size(X)
```
"""


@pytest.fixture
def style():
    return importlib.import_module("benchmarks.vs_book.style")


def test_values_that_are_assigned_together_are_read_and_nothing_else_runs(style, tmp_path):
    for file, text in ((Path("d2l", "torch.py"), ""), (style.CHAPTER, CHAPTER)):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    book = style.read_book(tmp_path, style.CHAPTER, (), style.VALUES)
    assert (book.style_layers, book.content_layers) == ([0, 5], [5])
    assert book.gram(torch.zeros(2, 3)) == 6


@pytest.mark.slow
def test_ours_has_the_books_losses(style):
    clone = os.environ.get("D2LAB_BOOK")
    if not clone:
        pytest.skip("no clone of d2l-zh at hand: point D2LAB_BOOK at one")
    book = style.read_book(Path(clone), style.CHAPTER, (), style.VALUES)
    vgg = style.random_vgg()
    content, other = (torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(k)) for k in (1, 2))
    theirs = style.book_step(book, vgg, content, other)()
    ours = style.our_step(vgg, content, other)()
    assert ours["style"] == pytest.approx(theirs["style"], rel=1e-4)
    assert ours["content"] == theirs["content"] == 0
