"""The explorer of style transfer: what was recorded is whole, is d2lab's, and is shown where it belongs."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.data.photos import read_photo
from d2lab.explore.run import STATIC
from d2lab.pretrained.vgg import RANDOM, read_vgg
from d2lab.train.style import StyleConfig, StyleTransfer

FILE = STATIC / "style-images.js"
ARMS = ("trained", "random")


@pytest.fixture(scope="module")
def kept():
    text = FILE.read_text(encoding="utf-8")
    return json.loads(text[text.index('{"size"') :].rstrip().removesuffix(";"))


def opened(code):
    return Image.open(io.BytesIO(base64.b64decode(code)))


def test_the_record_is_whole_and_small(kept):
    assert FILE.stat().st_size < 250_000
    width, height = kept["size"]
    for arm in ARMS:
        assert len(kept[arm]["images"]) == len(kept[arm]["losses"]) == len(kept["weights"])
        for images, losses in zip(kept[arm]["images"], kept[arm]["losses"], strict=True):
            assert len(images) + 1 == len(losses) == len(kept["steps"])
            assert all(opened(code).size == (width, height) for code in images)
            assert losses[0][0] == 0


def test_the_authors_of_the_photos_are_named():
    head = FILE.read_text(encoding="utf-8").splitlines()[1]
    assert all(word in head for word in ("danielbuechele", "vultilion", "CC BY 2.0"))


def test_the_photos_are_those_of_the_course(kept):
    for name, part in (("china.jpg", "content"), ("flower.jpg", "style")):
        shown = np.asarray(opened(kept["photos"][part]), dtype=float)
        assert np.abs(shown - read_photo(name, 128).permute(1, 2, 0).numpy()).mean() < 8


def test_the_first_losses_are_those_of_the_program(kept):
    config = StyleConfig()
    assert (kept["contentWeight"], kept["variationWeight"]) == (config.content_weight, config.variation_weight)
    content, style = (read_photo(name, 128)[None] / 255 for name in ("china.jpg", "flower.jpg"))
    with torch.no_grad():
        found = StyleTransfer(read_vgg(RANDOM).features(config.layers), content, style, config).losses().numbers()
    for losses in kept["random"]["losses"]:
        assert losses[0] == pytest.approx([found[name] for name in ("content", "style", "variation")], rel=2e-3)


@pytest.mark.parametrize("arm", ARMS)
def test_a_larger_style_weight_trades_content_for_style(kept, arm):
    ends = np.array([losses[-1] for losses in kept[arm]["losses"]])
    assert (np.diff(ends[:, 0]) > 0).all()
    assert (np.diff(ends[:, 1]) < 0).all()


@pytest.mark.slow
def test_the_sliders_choose_image_and_losses(explorer, kept):
    page, read = explorer("style")
    source = "e.querySelector('img[data-photo={}]').getAttribute('src').split(',')[1]"
    for weight, step in ((0, 1), (4, 5), (2, 3)):
        page.focus("[data-key=weight]")
        page.keyboard.press("Home")
        for _ in range(weight):
            page.keyboard.press("ArrowRight")
        page.focus("[data-key=step]")
        page.keyboard.press("Home")
        for _ in range(step):
            page.keyboard.press("ArrowRight")
        assert read("e.data") == {"weight": kept["weights"][weight], "step": kept["steps"][step]}
        for arm in ARMS:
            assert read(source.format(arm)) == kept[arm]["images"][weight][step - 1]
            losses = kept[arm]["losses"][weight][step]
            factors = (kept["contentWeight"], kept["weights"][weight], kept["variationWeight"])
            assert read(f"e.result.{arm}.losses") == losses
            assert read(f"e.result.{arm}.total") == pytest.approx(np.dot(losses, factors))
    assert read("[...e.querySelectorAll('img')].every((one) => one.complete && one.naturalWidth > 0)")


@pytest.mark.slow
def test_before_the_first_step_it_is_the_photo(explorer, kept):
    page, read = explorer("style", {"step": 0})
    shown = read("[...e.querySelectorAll('img')].map((one) => one.getAttribute('src').split(',')[1])")
    assert shown == [*[kept["photos"]["content"]] * 3, kept["photos"]["style"]]
    assert "0 steps" in read("e.words.textContent")
    assert page.evaluate("document.querySelectorAll('d2-style img:not([alt])').length") == 0
