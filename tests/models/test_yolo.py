"""YOLO: the paper's count of numbers, images of any size, eight scenes by heart, bad settings."""

import pytest
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.batch import Batch
from d2lab.data.scenes import draw_scenes
from d2lab.layers import to_scratch
from d2lab.models import YoloConfig, build_model
from d2lab.train.grid_detection import GridDetection

SMALL = {"stem": 4, "widths": (6, 8), "head": 8, "classes": 3, "grid": 4}


def build(**settings):
    torch.manual_seed(0)
    return build_model(YoloConfig(**settings))


def test_the_papers_grid_says_1470_numbers():
    config = YoloConfig(grid=7, boxes=2, classes=20)
    assert config.grid**2 * config.numbers == 1470
    outputs = build(grid=7, classes=20).eval()(torch.zeros(1, 3, 448, 448))
    assert outputs["cells"].numel() == 7 * 7 * (2 * 5 + 20)
    assert outputs["frame"].tolist() == [448, 448]


def test_the_defaults_have_the_stated_parameters():
    assert sum(p.numel() for p in build().parameters()) == 356_164


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (33, 70), (4, 4), (100, 9)])
def test_images_of_any_size_have_as_many_cells(size, rng):
    outputs = build(**SMALL).eval()(torch.rand(2, 3, *size, generator=rng))
    assert outputs["cells"].shape == (2, 16, 13)
    assert outputs["frame"].tolist() == list(size)
    assert bool(outputs["cells"].isfinite().all())


def test_cells_are_counted_row_by_row(rng):
    model = build(**SMALL).eval()
    image = torch.rand(2, 3, 48, 32, generator=rng)
    maps = model.stage2(model.pool(model.stage1(model.stem(image))))
    said = model.out(model.head(model.mean(maps)))  # batch 13 4 4
    cells = model(image)["cells"]
    for row, column in ((0, 0), (0, 3), (2, 1), (3, 3)):
        torch.testing.assert_close(cells[:, row * 4 + column], said[:, :, row, column])


def test_before_training_each_cell_says_a_box_in_its_middle_without_confidence():
    with torch.no_grad():
        scores, boxes = GridDetection().candidates(build().eval()(torch.rand(1, 3, 64, 64)))
    assert float(scores.max()) < 0.1
    torch.testing.assert_close(boxes[0, 2 * 9], torch.tensor([4.0, 4, 20, 20]), rtol=0, atol=2)


def test_our_own_layers_say_the_same(rng):
    model = build(**SMALL).eval()
    image = torch.rand(2, 3, 32, 32, generator=rng)
    torch.testing.assert_close(to_scratch(model)(image)["cells"], model(image)["cells"], rtol=1e-4, atol=1e-5)


def test_eight_scenes_are_memorized():
    drawn = draw_scenes(8, part="train")
    model, task = build(stem=8, widths=(16, 24, 32), head=32), GridDetection()
    batch = Batch(drawn.images.float() / 255, {"boxes": drawn.boxes, "labels": drawn.labels, "count": drawn.count})
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        task.loss(model, batch).loss.backward()
        optimizer.step()
    (metric,) = task.metrics()
    metric.update(model(batch.inputs), batch)  # with the statistics of the batch that it has learned
    assert metric.compute()["ap50"] > 0.95


def test_refuses_bad_settings_and_images_that_are_too_small():
    for wrong in ({"grid": 0}, {"boxes": 0}, {"classes": 0}, {"widths": (0,)}):
        with pytest.raises(ConfigError, match=f"YoloConfig.{next(iter(wrong))}"):
            YoloConfig(**wrong)
    with pytest.raises(DataError, match=r"the size of an image: got \(3, 64\), need sides of 4 pixels or more"):
        build(**SMALL)(torch.zeros(1, 3, 3, 64))
