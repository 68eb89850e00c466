"""`d2lab detect`: what it prints, draws and writes; each refusal is one line."""

import json

import pytest
from PIL import Image


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from d2lab.experiments import train

    changes = {"min_score": 1e-4, "examples": 64, "epochs": 1, "threads": 1}
    done = train("points", device="cpu", budget="smoke", changes=changes, root=tmp_path_factory.mktemp("runs"))
    return done.record.folder


def test_it_prints_draws_and_writes_what_it_finds(d2lab, run, photos, here):
    code, out, err = d2lab("detect", run, *photos, "--min-score", 0, "--out", "drawn", "--json", "found.json")
    assert (code, err) == (0, "")
    written = json.loads((here / "found.json").read_text())
    assert [(one["file_name"], one["width"], one["height"]) for one in written["images"]] == [
        ("a.png", 90, 50),
        ("other/a.jpg", 50, 90),
    ]
    heads = [line for line in out.splitlines() if not line.startswith("  ")]
    boxes = [line for line in out.splitlines() if line.startswith("  ")]
    assert len(boxes) == len(written["annotations"]) > 0
    assert heads[0].startswith("a.png: ")
    assert heads[2:] == ["drawn/a.png", "drawn/a-2.png", "found.json"]
    for one in written["annotations"]:
        left, top, width, height = one["bbox"]
        size = written["images"][one["image_id"] - 1]
        assert left >= 0 <= top and left + width <= size["width"] + 1e-3 and top + height <= size["height"] + 1e-3  # noqa: PT018
    with Image.open(here / "drawn" / "a-2.png") as drawn:
        assert min(drawn.size) >= 470


def test_a_higher_score_reports_fewer(d2lab, run, photos):
    some = d2lab("detect", run, photos[0], "--min-score", 0)[1].count("\n")
    assert d2lab("detect", run, photos[0], "--min-score", 0.999)[1].count("\n") < some


def test_what_it_can_not_do_is_one_line(d2lab, run, photos, trained, here):
    (here / "no.png").write_text("no image")
    for given in (
        [run, "missing.png"],
        [run, "no.png"],
        [run, photos[0], "--min-score", "2"],
        [trained["lenet"], photos[0]],
        ["no-run", photos[0]],
        ["a.onnx", photos[0]],
    ):
        code, out, err = d2lab("detect", *given, "--json", "found.json")
        assert (code, out, err.count("\n")) == (2, "", 1), given
        assert not (here / "found.json").exists()
