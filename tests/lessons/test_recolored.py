"""A dark drawing is kept as its differences from the light one, and comes back as it was, or is kept whole."""

import json

import pytest
import torch

from d2lab import plot
from d2lab.lessons.kept import store
from d2lab.lessons.recolored import restored, shortened
from d2lab.plot.drawing import DARK_MIME, SVG_MIME, ZH_DARK_MIME, ZH_MIME

LIGHT = '<svg><style>.d0e38cs0{fill:#ffffff}</style><path class="d0e38cs0" d="M0 0l1.5 2"/></svg>'


def drawn(light, dark, **more):
    return {"output_type": "display_data", "data": {SVG_MIME: light, DARK_MIME: dark, "text/plain": "<figure>"} | more}


def test_a_figure_comes_back_to_the_letter_and_its_dark_drawing_takes_few_bytes(rng):
    figure = plot.show(plot.image_grid, torch.rand(4, 8, 8, generator=rng), [], title="Four images", columns=2)
    output = {"output_type": "display_data", "data": figure._repr_mimebundle_()}
    kept = shortened(output)
    assert restored(json.loads(json.dumps(kept))) == output
    assert isinstance(kept["data"][DARK_MIME], dict)
    assert len(json.dumps(kept["data"][DARK_MIME])) < 0.1 * len(output["data"][DARK_MIME])


def test_colors_and_names_of_classes_are_all_that_is_kept():
    kept = shortened(drawn(LIGHT, LIGHT.replace("d0e38c", "da9b34").replace("#ffffff", "#0d1117")))
    assert kept["data"][DARK_MIME]["names"] == ["d0e38c", "da9b34"]
    assert list(kept["data"][DARK_MIME]["words"].values()) == ["#0d1117"]
    assert kept["data"][SVG_MIME] == LIGHT


@pytest.mark.parametrize(
    "dark",
    [
        LIGHT,
        LIGHT.replace("<path", "<g/><path"),  # another shape
        LIGHT.replace("d0e38cs0", "da9b34s0").replace("l1.5 2", "l1.5 2 3"),
        LIGHT.replace("d0e38cs0", "da9b34s0").replace("1.5", "d0e38cs0"),  # the light name in the dark drawing
        "",
        "<svg/>",
    ],
)
def test_any_other_drawing_comes_back_too(dark):
    assert restored(shortened(drawn(LIGHT, dark))) == drawn(LIGHT, dark)


def test_each_language_has_its_own_light_drawing():
    chinese = LIGHT.replace("1.5", "7.5")
    output = drawn(LIGHT, LIGHT, **{ZH_MIME: chinese, ZH_DARK_MIME: chinese.replace("#ffffff", "#0d1117")})
    assert restored(shortened(output)) == output


def test_outputs_without_a_drawing_stay_as_they_are():
    for output in ({"output_type": "stream", "text": "x"}, {"output_type": "display_data", "data": {SVG_MIME: LIGHT}}):
        assert shortened(output) == output
        assert restored(output) == output


@pytest.mark.parametrize(
    "broken",
    [{}, {"names": ["a"], "words": {}}, {"names": ["", ""], "words": {"99": "x"}}, {"names": 3, "words": {}}],
)
def test_broken_differences_are_errors_that_a_reader_of_outputs_expects(broken):
    with pytest.raises((KeyError, TypeError, ValueError)):
        restored(drawn(LIGHT, broken))
    with pytest.raises(KeyError):
        restored({"data": {DARK_MIME: {"names": ["", ""], "words": {}}}})


def test_figures_of_this_checkout_are_kept_short():
    dark = [
        output["data"][DARK_MIME]
        for file in store().rglob("*.json")
        for cell in json.loads(file.read_text(encoding="utf-8"))["outputs"]
        for output in cell
        if DARK_MIME in output.get("data", {})
    ]
    assert sum(isinstance(drawing, dict) for drawing in dark) > 0.9 * len(dark)
