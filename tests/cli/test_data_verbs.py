"""`d2lab data` and its kin on pictures in folders."""

import pytest
from tests.data.annotated_images import draw_all, random_annotations
from tests.data.contests import dogs
from tests.data.pictures import draw, fill

from d2lab.data.voc import write_voc
from d2lab.experiments import train


@pytest.fixture
def root(tmp_path, cache):
    return fill(tmp_path / "set", {"train/cat": 6, "train/dog": 6, "test/cat": 2, "test/dog": 2}, size=(20, 20))


@pytest.fixture
def kaggle(tmp_path):
    folder = tmp_path / "kaggle"
    for n in range(1, 21):
        draw(folder / "train" / f"{n}.png", n, size=(20, 20))
        draw(folder / "test" / f"{n}.png", 50 + n, size=(20, 20))
    rows = "".join(f"{n},{'cat' if n % 2 else 'dog'}\n" for n in range(1, 21))
    (folder / "trainLabels.csv").write_text("id,label\n" + rows)
    return folder


def refused(call):
    code, _, err = call
    assert code == 2
    assert err.count("\n") == 1
    return err


def test_verify_opens_every_picture_of_a_folder(d2lab, root):
    assert d2lab("data", "verify", f"folder:{root}")[1] == "16 images of 2 classes, all valid.\n"
    for name in ("train/cat/000.png", "test/dog/001.png"):
        (root / name).write_bytes(b"no picture")
    code, out, err = d2lab("data", "verify", f"folder:{root}")
    assert code == 2
    assert [line.partition(":")[0].rpartition("/")[2] for line in out.splitlines()] == ["000.png", "001.png"]
    assert "2 of 16 images broken" in err
    assert err.count("\n") == 1


def test_a_folder_that_is_none_is_one_line(d2lab, root, here):
    assert "nothing there" in refused(d2lab("train", "lenet", "--data", "folder:nowhere"))
    assert "write folder:" in refused(d2lab("train", "lenet", "--data", root))
    (root / "train/cat/003.png").write_bytes(b"no picture")
    line = refused(d2lab("train", "lenet", "--data", f"folder:{root}", "--set", "stream_workers=1"))
    assert "003.png" in line


def test_a_set_that_no_server_has_says_where_to_put_it(d2lab, cache):
    assert "Put it at" in refused(d2lab("data", "fetch", "hotdog"))
    code, out, _ = d2lab("data")
    assert code == 0
    assert "cifar10-kaggle-tiny" in out


@pytest.mark.slow
def test_kaggle_is_reorganized_trained_on_and_answered(d2lab, kaggle, tmp_path, runs_here):
    out = tmp_path / "sorted"
    code, said, _ = d2lab("data", "reorganize", kaggle, out, "--valid", "0.2")
    assert code == 0
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == [
        "16 images",
        "4 images",
        "20 images",
        "20 images",
    ]
    assert "something that exists" in refused(d2lab("data", "reorganize", kaggle, out))
    run = train("lenet", data=f"folder:{out}", budget="smoke", device="cpu").record.folder
    table = tmp_path / "submission.csv"
    assert d2lab("submit", run, kaggle, "--out", table)[1] == f"{table}: 20 images\n"
    assert table.read_text().splitlines()[0] == "id,label"
    assert "need the images of a contest" in refused(d2lab("submit", run, tmp_path, "--out", table))


@pytest.mark.slow
def test_a_contest_is_checked_trained_on_trained_anew_and_answered(d2lab, tmp_path, runs_here):
    name = f"kaggle:{dogs(tmp_path / 'contest')}"
    code, said, _ = d2lab("data", "check", name)
    assert (code, said.splitlines()[0]) == (0, "27 training images, 3 held out (seed 0)")
    assert d2lab("data", "verify", name)[1] == "30 images of 3 classes, all valid.\n"
    settings = ("--set", "epochs=2", "--set", "validation=0.2")
    code, said, _ = d2lab("train", "softmax", "--data", name, "--device", "cpu", "--quiet", *settings)
    assert code == 0
    code, said, _ = d2lab("retrain", said.strip(), "--quiet")
    assert code == 0
    table = tmp_path / "out.csv"
    assert d2lab("submit", said.strip(), tmp_path / "contest", "--out", table)[1] == f"{table}: 12 images\n"
    assert table.read_text().splitlines()[0] == "id,owl,cat,dog"
    (tmp_path / "contest/labels.csv").unlink()
    for verb in (("data", "check"), ("train", "softmax", "--data")):
        assert "none of trainLabels.csv" in refused(d2lab(*verb, name))
    assert "no validation part" in refused(d2lab("retrain", train("softmax", budget="smoke").record.folder))


@pytest.fixture
def runs_here(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def boxes(tmp_path):
    found = random_annotations(1, size=(60, 40))
    draw_all(found, tmp_path / "boxes")
    write_voc(found, tmp_path / "boxes")
    return tmp_path / "boxes"


def test_check_counts_names_and_draws(d2lab, boxes, here):
    code, out, err = d2lab("data", "check", boxes, "--out", "figure.png")
    assert (code, err) == (0, "")
    rows = {line.rsplit(maxsplit=1)[0].strip(): line.rsplit(maxsplit=1)[1] for line in out.splitlines() if line}
    assert rows["images"] == "8"
    assert rows["images without objects"] == "2"
    assert "traffic light" in rows
    assert out.endswith("figure: figure.png\n")
    assert {path.name for path in here.glob("*.png")} == {"figure.png", "figure-dark.png"}
    again = d2lab("data", "check", f"voc:{boxes}")[1]
    assert [line.split() for line in again.splitlines()[1:-1]] == [line.split() for line in out.splitlines()[1:-1]]
    assert again.endswith("--out FIGURE draws them.\n")  # random boxes: some are a pixel wide


def test_convert_says_how_to_train_on_what_it_wrote(d2lab, boxes, here):
    code, out, err = d2lab("data", "convert", boxes, "cells", "--to", "yolo")
    assert (code, err) == (0, "")
    assert "objects that evaluation ignores" in out
    assert out.endswith("boxes\nTo train on them: --data yolo:cells\n")
    assert d2lab("data", "check", "yolo:cells")[0] == 0
    assert "something that exists" in refused(d2lab("data", "convert", boxes, "cells", "--to", "coco"))
    assert "one of coco, voc, yolo, labelme" in refused(d2lab("data", "convert", boxes, "other", "--to", "csv"))
    assert "a set with boxes" in refused(d2lab("data", "convert", "digits", "other", "--to", "coco"))
    assert not (here / "other").exists()


def test_check_takes_a_format_and_a_folder_for_its_figure(d2lab, boxes, here):
    assert d2lab("data", "check", boxes, "--format", "voc", "--out", here)[1].endswith("annotations.png\n")
    assert "no names of classes" in refused(d2lab("data", "check", boxes, "--format", "yolo"))
    assert "one of coco, voc, yolo, labelme" in refused(d2lab("data", "check", boxes, "--format", "csv"))


def test_check_ends_with_2_where_training_would_refuse(d2lab, boxes):
    (boxes / "001.png").unlink()
    code, out, err = d2lab("data", "check", f"voc:{boxes}")
    assert code == 2
    assert "1 image files that are not there: 001.png" in out
    assert "got '001.png and 0 more'" in err
    assert err.count("\n") == 1


LAUGHS = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha">]><annotation>&b;</annotation>'
HOSTILE = {
    "coco": ["", "{", "[]", "[" * 100_000, '{"images": [], "annotations": [], "categories": []}', "NaN"],
    "voc": ["", "<annotation>", LAUGHS, "<a>" * 100_000],
    "yolo": ["1e999 0 0 1 1", "0 0 0 1", "-1 0 0 1 1", "0 nan 0 1 1", "\x00"],
    "labelme": ['{"shapes": [], "imagePath": "../../a.png", "imageWidth": 9, "imageHeight": 9}', "{}"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in HOSTILE.items() for text in texts])
def test_check_of_hostile_files_is_one_line(d2lab, tmp_path, kind, text):
    root = tmp_path / "set"
    draw(root / "a.png", 0, size=(9, 9))
    suffix = {"coco": "json", "voc": "xml", "yolo": "txt", "labelme": "json"}[kind]
    (root / f"a.{suffix}").write_text(text)
    if kind == "yolo":
        (root / "data.yaml").write_text("names: [x]")
    for words in ((f"{kind}:{root}",), (root,), (root, "--format", kind)):
        assert "Traceback" not in refused(d2lab("data", "check", *words))


def test_check_of_odd_images_is_said_and_drawn(d2lab, boxes, here):
    (boxes / "000.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    whole = (boxes / "003.png").read_bytes()
    (boxes / "003.png").write_bytes(whole[: len(whole) // 2])
    code, out, err = d2lab("data", "check", boxes)
    assert code == 2
    assert "1 files that are no image: 000.png (no image)" in out
    assert err.count("\n") == 1
    code, out, err = d2lab("data", "check", boxes, "--out", "figure")
    assert (code, err.count("\n")) == (2, 1)
    assert "003.png" in err  # its head is whole, its pixels are not: found where it is drawn
