"""`d2lab data` and its kin on pictures in folders."""

import pytest
from tests.data.pictures import draw, fill

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
    assert "the test part" in refused(d2lab("submit", run, tmp_path, "--out", table))


@pytest.fixture
def runs_here(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "runs"))
