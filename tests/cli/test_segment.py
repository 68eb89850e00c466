"""`d2lab segment`: what it prints, paints and writes; each refusal is one line."""

import json

import numpy as np
import pytest
from PIL import Image

from d2lab.data.palette import read_mask, voc_palette
from d2lab.plot.overlay import bright


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from d2lab.experiments import train

    changes = {"examples": 64, "epochs": 1, "threads": 1, "widths": (8, 8)}
    done = train("fcn", device="cpu", budget="smoke", changes=changes, root=tmp_path_factory.mktemp("runs"))
    return done.record.folder


def test_it_prints_shares_and_writes_masks_and_overlays(d2lab, run, photos, here):
    code, out, err = d2lab("segment", run, *photos, "--out", "drawn", "--json", "found.json")
    assert (code, err) == (0, "")
    written = json.loads((here / "found.json").read_text())
    assert [(one["file_name"], one["width"], one["height"]) for one in written["images"]] == [
        ("a.png", 90, 50),
        ("other/a.jpg", 50, 90),
    ]
    lines = out.splitlines()
    assert lines[0].startswith("a.png: background ")
    assert lines[2:] == [
        "drawn/masks/a.png", "drawn/overlays/a.png", "drawn/masks/a-2.png", "drawn/overlays/a-2.png", "found.json",
    ]  # fmt: skip
    for name, one in zip(("a", "a-2"), written["images"], strict=True):
        mask = read_mask(here / "drawn" / "masks" / f"{name}.png", size=(one["width"], one["height"]), classes=11)
        shares = np.bincount(mask.ravel(), minlength=11) / mask.size
        assert list(one["shares"].values()) == pytest.approx(shares.tolist(), abs=1e-6)
        with Image.open(here / "drawn" / "overlays" / f"{name}.png") as painted:
            assert painted.size == (one["width"], one["height"])
    with Image.open(here / "a.png") as photo, Image.open(here / "drawn" / "overlays" / "a.png") as painted:
        before, after = (np.asarray(image).astype(float) for image in (photo, painted))
    mask = read_mask(here / "drawn" / "masks" / "a.png")
    assert np.array_equal(after[mask == 0], before[mask == 0])
    color = bright(voc_palette())[mask].astype(float)
    assert np.abs(after - (0.4 * before + 0.6 * color))[mask > 0].max(initial=0) <= 0.51


def test_what_it_can_not_do_is_one_line(d2lab, run, photos, trained, here):
    (here / "no.png").write_text("no image")
    for given in (
        [run, "missing.png"],
        [run, photos[0], "no.png"],
        [trained["lenet"], photos[0]],
        ["no-run", photos[0]],
        ["a.onnx", photos[0]],
    ):
        code, out, err = d2lab("segment", *given, "--json", "found.json", "--out", "drawn")
        assert (code, out, err.count("\n")) == (2, "", 1), given
        assert not (here / "found.json").exists()
        assert not (here / "drawn").exists()


@pytest.mark.parametrize(("verb", "said"), [("detect", "need a run of a detector"), ("predict", "d2lab segment")])
def test_other_verbs_say_where_a_run_for_segmentation_belongs(verb, said, d2lab, run, photos):
    code, out, err = d2lab(verb, run, photos[0])
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
