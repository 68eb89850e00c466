"""Features of regions by crops and by pooling: what is passed through the network, and where both are equal."""

import pytest
import torch
from torch import nn

from d2lab.core.errors import DataError
from d2lab.inspection.region_features import crop_regions, features_by_crops, features_by_one_pass

BOXES = torch.tensor([[8.0, 8, 24, 24], [0, 4, 30, 32], [4.2, 5.6, 9.9, 12.1]])


def body():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(5, 4, 3, stride=2, padding=1))


def test_crops_are_slices_rounded_outward():
    image = torch.rand(3, 32, 32)
    crops = crop_regions(image, BOXES, 16)
    assert torch.equal(crops[0], image[:, 8:24, 8:24])
    whole = nn.functional.interpolate(image[None, :, 5:13, 4:10], (16, 16), mode="bilinear", antialias=True)
    assert torch.equal(crops[2], whole[0])


def test_n_regions_are_n_passes_or_one():
    model, passes = body(), []
    model.register_forward_hook(lambda _, inputs, __: passes.append(tuple(inputs[0].shape)))
    image = torch.rand(3, 32, 32)
    crops = features_by_crops(model, image, BOXES, 16)
    assert passes == 3 * [(1, 3, 16, 16)]
    pooled = features_by_one_pass(model, image, BOXES, 4)
    assert passes[3:] == [(1, 3, 32, 32)]
    assert crops.shape == pooled.shape == (3, 4, 4, 4)
    torch.testing.assert_close(crops[0, :, 1:3, 1:3], model(image[None])[0, :, 3:5, 3:5])  # aligned with the stride


def test_a_region_as_large_as_its_cells_is_read_as_it_is():
    """One cell is one number of the map, and RoIAlign's four points of it average to that number on a plane."""
    image = torch.arange(32.0).expand(1, 32, 32)
    pooled = features_by_one_pass(nn.AvgPool2d(4), image, torch.tensor([[8.0, 8, 24, 24]]), 4)
    torch.testing.assert_close(pooled[0, 0], nn.AvgPool2d(4)(image[None])[0, 0, 2:6, 2:6])


def test_no_region_is_legal_where_one_pass_serves_all():
    assert features_by_one_pass(body(), torch.rand(3, 32, 32), torch.zeros(0, 4), 2).shape == (0, 4, 2, 2)
    with pytest.raises(DataError, match="one or more"):
        features_by_crops(body(), torch.rand(3, 32, 32), torch.zeros(0, 4), 8)


@pytest.mark.parametrize("box", [[-1.0, 0, 5, 5], [0.0, 0, 33, 5], [5.0, 5, 5, 9], [9.0, 5, 3, 9]])
def test_regions_outside_the_image_are_refused(box):
    with pytest.raises(DataError, match="within 32 x 32 pixels"):
        crop_regions(torch.rand(3, 32, 32), torch.tensor([box]), 8)
