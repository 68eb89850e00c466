"""TinySSD beside the book's, whose code is read from a clone of d2l-zh that $D2LAB_BOOK names, and never kept here."""

import importlib
import os
from pathlib import Path

import pytest
import torch

CHAPTER = """
```{.python .input}
#@tab pytorch
%matplotlib inline
def half(x):
    return d2l.box_iou(x) / 2
```

```{.python .input}
#@tab paddle
sizes = 1 / 0
```

```{.python .input}
#@tab all
sizes = [[0.5]]
print(1 / 0)
```
"""


@pytest.fixture
def forms():
    return importlib.import_module("benchmarks.vs_book.detection_forms")


@pytest.fixture
def book(forms):
    clone = os.environ.get("D2LAB_BOOK")
    if not clone:
        pytest.skip("no clone of d2l-zh at hand: point D2LAB_BOOK at one")
    return forms.read_book(Path(clone))


def drawn(rng, batch=3, side=128):
    low = 0.6 * torch.rand(batch, 1, 2, generator=rng)
    size = 0.15 + 0.2 * torch.rand(batch, 1, 2, generator=rng)
    return torch.rand(batch, 3, side, side, generator=rng), torch.cat([torch.zeros(batch, 1, 1), low, low + size], 2)


def test_definitions_are_read_from_a_clone_and_nothing_else_of_it_runs(forms, tmp_path):
    for file, text in ((forms.PACKAGE, "import absent\ndef box_iou(x):\n    return 2 * x\n"), (forms.CHAPTER, CHAPTER)):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    book = forms.read_book(tmp_path)
    assert book.half(3) == 3
    assert book.sizes == [[0.5]]


def test_ours_has_the_books_outputs_and_losses(forms, book, rng):
    torch.manual_seed(0)
    net = book.TinySSD(num_classes=1).double()
    model = forms.our_model(book, net).double()
    images, labels = drawn(rng)
    outputs = model(images.double())
    anchors, classes, offsets = net(images.double())
    torch.testing.assert_close(outputs["logits"], classes, rtol=0, atol=1e-12)
    torch.testing.assert_close(outputs["offsets"].flatten(1), offsets, rtol=0, atol=1e-12)
    torch.testing.assert_close(outputs["anchors"].float() / 128, anchors[0], rtol=0, atol=1e-6)
    theirs = forms.book_loss(book, net, images.double(), labels)
    ours = forms.our_task().loss(model, forms.our_batch(images.double(), labels)).loss
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=0)  # the book adds 1e-6 within a logarithm


def test_ours_takes_the_books_steps(forms, book, rng):
    torch.manual_seed(0)
    net = book.TinySSD(num_classes=1)
    ours, theirs = forms.our_step(forms.our_model(book, net)), forms.book_step(book, net)
    for _ in range(4):
        images, labels = drawn(rng)
        assert float(ours(images, labels)) == pytest.approx(float(theirs(images, labels)), rel=2e-4)


def test_boxes_are_the_books(book):
    boxes = importlib.import_module("benchmarks.vs_book.boxes")
    rows = boxes.compare(book, 1)
    assert all(row.get("all", row)["equal"] for row in rows.values())
