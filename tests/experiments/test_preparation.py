"""One preparation a run: file by file, `predict` answers as `evaluate` does, and every other way sees those pixels."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError
from d2lab.experiments import load_run, train
from d2lab.experiments.data import load_data
from d2lab.experiments.export import export_run
from d2lab.experiments.export_form import PREPARATION
from d2lab.explore.run import model_of_run
from d2lab.reports import features
from d2lab.vision.preparation import Preparation

SIZES = [(60, 40), (40, 60), (45, 45), (90, 33)]
SMALL = {"epochs": 2, "batch_size": 8}


def photo(path, seed, color):
    """Draw a photo whose edges, which a crop cuts off and padding keeps, differ from its center."""
    width, height = SIZES[seed % len(SIZES)]
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3 if color else 1), dtype=np.uint8)
    pixels[:, : width // 6] = 255 * (seed % 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels if color else pixels[..., 0]).save(path)


@pytest.fixture(params=[True, False], ids=["color", "gray"])
def root(tmp_path, cache, runs, request):
    for part, count in (("train", 8), ("test", 6)):
        for number, name in enumerate(("cat", "dog")):
            for n in range(count):
                suffix = "jpg" if n % 3 else "png"
                photo(tmp_path / "set" / part / name / f"{n}.{suffix}", 100 * number + n, request.param)
    return tmp_path / "set"


CHANGES = {
    "stored at the model's side": {"side": 28},
    "stored larger and augmented": {"side": 28, "flip": 0.5},
    "streamed": {"side": 32, "stream_workers": 0},
    "letterboxed": {"side": 28, "fit": "letterbox"},
    "letterboxed and augmented": {"side": 28, "flip": 0.5, "fit": "letterbox"},
    "letterboxed and streamed": {"side": 32, "stream_workers": 0, "fit": "letterbox"},
}


@pytest.fixture(params=list(CHANGES))
def trained(root, request):
    run = train("lenet", data=f"folder:{root}", changes={**SMALL, **CHANGES[request.param]}, device="cpu", seed=1)
    return load_run(run.record.folder)


def test_predict_answers_file_by_file_as_evaluate_does(trained, root):
    split = trained.test_split().held()
    files = [root / "test" / name for name in sorted(p.relative_to(root / "test") for p in root.glob("test/*/*"))]
    read = trained.read_images(files)
    assert torch.equal(trained.preparation(read.inputs), trained.preparation(split.inputs))
    alone = torch.cat([trained.predict(file) for file in files])
    together = trained.predict(split)
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-6)
    measured = trained.evaluate()
    right = (alone.argmax(1) == split.targets).double().mean()
    assert measured["accuracy"] == pytest.approx(float(right))
    loss = torch.nn.functional.nll_loss(alone.double().log(), split.targets)
    assert measured["loss"] == pytest.approx(float(loss), rel=1e-4)


def test_figures_read_a_file_as_the_test_set_has_it(trained, root):
    first = sorted(root.glob("test/cat/*"))[0]
    from_file, from_set = features.choose(trained, first, None), features.choose(trained, None, 0)
    assert torch.equal(from_file.read_by(trained), from_set.read_by(trained))


def test_a_letterbox_shows_the_whole_photo_between_gray_bars(root):
    """Against the bars and the scaled image put together by hand, for the training split and for a file."""
    run = train("lenet", data=f"folder:{root}", changes={**SMALL, "side": 28, "fit": "letterbox"}, device="cpu")
    trained = load_run(run.record.folder)
    assert trained.preparation.fit == "letterbox"
    files = sorted((root / "train").rglob("*.*"), key=lambda file: (file.parent.name, file.name))
    stored = load_data(trained.experiment)[0].inputs
    mode = "L" if stored.shape[1] == 1 else "RGB"
    shapes = set()
    for file, pixels in zip(files, stored, strict=True):
        photo = Image.open(file).convert(mode)
        width, height = (round(28 * n / max(photo.size)) for n in photo.size)
        left, top = (28 - width) // 2, (28 - height) // 2
        wanted = Image.new(mode, (28, 28), (114,) * len(photo.getbands()) if mode == "RGB" else 114)
        wanted.paste(photo.resize((width, height), Image.Resampling.BILINEAR), (left, top))
        values = torch.from_numpy(np.array(wanted).reshape(28, 28, -1)).permute(2, 0, 1)
        assert torch.equal(pixels, values)
        assert torch.equal(trained.preparation.read([file])[0], values)
        shapes.add((width, height))
    assert len(shapes) > 2


def test_a_part_held_out_of_a_streamed_folder_is_letterboxed_too(root):
    changes = {**SMALL, "side": 28, "fit": "letterbox", "validation": 0.25, "stream_workers": 0, "epochs": 1}
    trained = load_run(train("lenet", data=f"folder:{root}", changes=changes, device="cpu").record.folder)
    train_part, valid, _ = load_data(trained.experiment)
    for split in (train_part, valid):
        for number in range(len(split)):
            file = split.root / split.names[number]
            assert torch.equal(split.inputs[number], trained.preparation.read([file])[0])


def test_a_letterbox_and_a_crop_of_one_folder_do_not_meet_in_the_cache(root):
    changes = {**SMALL, "side": 28, "epochs": 1}
    one, other, again = (
        load_run(train("lenet", data=f"folder:{root}", changes={**changes, **more}, device="cpu").record.folder)
        for more in ({}, {"fit": "letterbox"}, {})
    )
    pixels = [load_data(trained.experiment)[0].inputs for trained in (one, other, again)]
    assert torch.equal(pixels[0], pixels[2])
    assert not torch.equal(pixels[0], pixels[1])


def test_refuses_a_letterbox_of_what_is_no_photo_of_a_classification(cache, runs):
    with pytest.raises(ConfigError, match=r"fit: got 'letterbox for digits', need crop: it is for image files of a"):
        train("lenet", data="digits", changes={"fit": "letterbox"}, device="cpu")
    with pytest.raises(ConfigError, match=r"these are fitted whole already, bars to the right and below"):
        train("ssd", changes={"fit": "letterbox"}, device="cpu")


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
def test_exported_files_and_the_explorer_have_the_runs_preparation(root, tmp_path, fit):
    changes = {**SMALL, "side": 28, "flip": 0.5, "fit": fit}
    trained = load_run(train("lenet", data=f"folder:{root}", changes=changes, device="cpu").record.folder)
    kept = json.loads((trained.record.folder / "recipe.json").read_text("utf-8"))["preparation"]
    assert Preparation.from_json(kept, "it") == trained.preparation
    path, _ = export_run(trained.record.folder, "torch-export", tmp_path / "model.pt2")
    extra = {PREPARATION: ""}
    program = torch.export.load(path, extra_files=extra)
    carried = Preparation.from_json(json.loads(extra[PREPARATION]), "it")
    assert carried == trained.preparation
    files = sorted(root.glob("test/*/*"))
    answers = program.module()(carried(carried.read(files))).softmax(1)
    torch.testing.assert_close(answers, trained.predict(files), rtol=1e-4, atol=1e-5)
    shown = model_of_run(trained)
    assert shown["classes"] == list(carried.classes)


ELSEWHERE = """
import sys
import torch

sys.modules["d2lab"] = None  # an import of it fails
program = torch.export.load(sys.argv[1]).module()
torch.save([program(batch) for batch in torch.load(sys.argv[2])], sys.argv[3])
"""


def test_an_exported_file_runs_where_there_is_no_d2lab_on_batches_of_any_size(root, tmp_path):
    run = train("lenet", data=f"folder:{root}", changes={**SMALL, "side": 28}, device="cpu")
    path, _ = export_run(run.record.folder, "torch-export", tmp_path / "model.pt2")
    trained = load_run(run.record.folder)
    rng = torch.Generator().manual_seed(0)
    batches = [torch.rand(count, *trained.preparation.prepared_shape, generator=rng) for count in (1, 2, 7)]
    torch.save(batches, tmp_path / "batches.pt")
    words = [sys.executable, "-I", "-c", ELSEWHERE, path, tmp_path / "batches.pt", tmp_path / "answers.pt"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    with torch.no_grad():
        for batch, answer in zip(batches, torch.load(tmp_path / "answers.pt"), strict=True):
            torch.testing.assert_close(answer, trained.model.eval()(batch), rtol=1e-4, atol=1e-5)
