"""A detector on annotated images of the reader, in each format: trained, killed, evaluated, asked about files."""

import dataclasses

import numpy as np
import pytest
import torch
from tests.data.annotated_images import draw_all, random_annotations
from tests.data.pictures import draw

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.annotation import Entry, Thing, gather
from d2lab.data.annotation_convert import convert_annotations
from d2lab.data.annotation_source import read_source
from d2lab.data.coco import write_coco
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.data import describe_data, load_data
from d2lab.experiments.detecting import detect_files
from d2lab.experiments.plan import plan
from d2lab.train.callback import Callback

SMALL = {"epochs": 1, "batch_size": 4, "threads": 1, "longest": 32, "suppression.min_score": 0.001}
SMALL |= {"suppression.most": 5, "checkpoint_every_s": 0}


@pytest.fixture
def root(tmp_path, cache, runs):
    """A COCO set of two parts; every third image is empty, all are of different sizes."""
    for seed, (part, images) in enumerate({"train": 9, "test": 4}.items()):
        found = random_annotations(seed, images=images)
        draw_all(found, tmp_path / "set" / part)
        write_coco(found, tmp_path / "set" / part / "a.json")
    return tmp_path / "set"


def learn(root, kind="coco", callbacks=(), **changes):
    return train("points", data=f"{kind}:{root}", changes=SMALL | changes, device="cpu", seed=1, callbacks=callbacks)


@pytest.mark.parametrize("kind", ["coco", "voc", "yolo", "labelme"])
def test_a_file_alone_is_detected_in_as_in_its_set(kind, root, tmp_path):
    source = read_source(str(root))
    convert_annotations(source, kind, tmp_path / kind)
    run = learn(tmp_path / kind, kind)
    trained = load_run(run.record.folder)
    assert trained.evaluate()["loss"] == pytest.approx(run.last["test_loss"], rel=1e-4)
    split = trained.test_split()
    whole = trained.predict(split)
    part = read_source(str(tmp_path / kind), kind)["test"]
    assert int(whole["count"].min()) > 0
    for row, file in enumerate(part.files):
        (found,) = detect_files(trained, [file])
        count = int(whole["count"][row])
        assert len(found.scores) == count
        torch.testing.assert_close(found.scores, whole["scores"][row, :count], rtol=1e-3, atol=1e-5)
        width, height = part.annotations.sizes[row].tolist()
        scale = 32 / max(width, height)
        best = found.boxes[0] * scale
        expected = whole["boxes"][row, 0].clamp(min=0).minimum(torch.tensor([width, height] * 2) * scale)
        torch.testing.assert_close(best, expected, rtol=0.05, atol=0.6)  # the shorter side is rounded to whole pixels


class StopError(Exception):
    pass


class StopAfter(Callback):
    def on_step(self, step, result):
        if step == 3:
            raise StopError


def test_a_killed_run_ends_at_the_same_bits(root, runs):
    whole = learn(root, epochs=2)
    with pytest.raises(StopError):
        learn(root, epochs=2, callbacks=[StopAfter()])
    (folder,) = (path for path in runs.iterdir() if path != whole.record.folder and path.is_dir())
    again = resume(folder)
    for mine, theirs in zip(again.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_run_whose_annotations_changed_still_detects_and_says_why_it_cannot_go_on(root, tmp_path):
    run = learn(root)
    photo = root / "test" / "000.png"
    found = read_source(str(root))["test"].annotations
    write_coco(dataclasses.replace(found, boxes=found.boxes * 0.9), root / "test" / "a.json")
    for again in (lambda: load_run(run.record.folder).evaluate(), lambda: resume(run.record.folder)):
        with pytest.raises(DataError, match=r"got 'other files', need those that the run knows"):
            again()
    assert detect_files(load_run(run.record.folder), [photo])[0].scores.numel() > 0


def test_one_image_for_each_part_and_none_with_an_object(tmp_path, cache, runs):
    for part in ("train", "test"):
        draw(tmp_path / "set" / part / "a.png", 0, size=(33, 20))
        write_coco(gather(("a",), [Entry("a.png", (33, 20), [])]), tmp_path / "set" / part / "a.json")
    run = learn(tmp_path / "set")
    assert run.status == "finished"
    assert np.isfinite(run.last["test_loss"])
    assert "test_ap" not in run.last  # no object, no precision


def test_classes_in_another_order_are_refused_for_evaluation(root, tmp_path):
    run = learn(root)
    source = read_source(str(root))
    other = {}
    for part, one in source.items():
        turned = one.annotations.renumber(tuple(reversed(one.annotations.classes)))
        other[part] = dataclasses.replace(one, annotations=turned)
    convert_annotations(other, "coco", tmp_path / "other")
    with pytest.raises(ConfigError, match="need the classes of"):
        load_run(run.record.folder).evaluate(f"coco:{tmp_path / 'other'}")


def test_a_validation_part_is_read_where_validation_is_asked_for(root):
    third = random_annotations(7, images=5)
    draw_all(third, root / "valid")
    write_coco(third, root / "valid" / "a.json")
    for share, count in ((0.0, None), (0.3, 5)):
        experiment = plan("points", data=f"coco:{root}", changes=SMALL | {"validation": share}, device="cpu")
        splits = load_data(experiment)
        train_, valid, test = splits
        assert (len(train_), len(test)) == (9, 4)
        assert (None if valid is None else len(valid)) == count
        line = describe_data(experiment, splits)
        assert "left out by" not in line
        assert ("5 held out for validation" in line) == (count is not None)
    experiment = plan("points", data=f"coco:{root}", changes=SMALL | {"validation": 0.3, "examples": 6}, device="cpu")
    assert "3 training images left out by examples=6" in describe_data(experiment, load_data(experiment))


def test_a_share_is_held_out_where_there_is_no_validation_part(root):
    experiment = plan("points", data=f"coco:{root}", changes=SMALL | {"validation": 0.3}, device="cpu")
    splits = load_data(experiment)
    assert [len(split) for split in splits] == [6, 3, 4]
    assert "left out by" not in describe_data(experiment, splits)


def test_an_object_that_fills_its_image_and_one_of_a_pixel_are_learned_from(tmp_path, cache, runs):
    things = [Thing((0, 0, 40, 30), 0), Thing((39, 29, 40, 30), 0)]
    for part in ("train", "test"):
        draw(tmp_path / "set" / part / "a.png", 0, size=(40, 30))
        write_coco(gather(("a",), [Entry("a.png", (40, 30), things)]), tmp_path / "set" / part / "a.json")
    assert np.isfinite(learn(tmp_path / "set").last["test_loss"])
