"""The picture of augmentation shows each stored image beside its own versions, and nothing else."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, augmented, save


def batch(count=3, across=4, stored=(8, 6), seen=(12, 12)):
    luck = np.random.default_rng(0)
    return luck.integers(0, 256, (count, *stored), dtype=np.uint8), luck.random((count, across, *seen))


def shown(drawn):
    """Return the images by place: row from the top, column from the left."""
    (axes,) = drawn.axes
    by_place = sorted(axes.images, key=lambda image: (-image.get_extent()[3], image.get_extent()[0]))
    return [image.get_array() for image in by_place]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("color", [(), (3,)])
@pytest.mark.parametrize("captioned", [False, True])
def test_each_row_is_an_image_and_its_versions(theme, color, captioned, tmp_path):
    stored, versions = batch(stored=(8, 6, *color), seen=(12, 12, *color))
    captions = [[f"{row}:{column}" for column in range(4)] for row in range(3)] if captioned else None
    drawn = augmented(stored, versions, captions, theme, title="title", subtitle="what")
    expected = [image for row in range(3) for image in (stored[row], *versions[row])]
    for mine, wanted in zip(shown(drawn), expected, strict=True):
        np.testing.assert_array_equal(mine, wanted)
    said = [text.get_text() for text in drawn.axes[0].texts]
    assert said == ([caption for row in captions for caption in row] if captioned else [])
    assert [text.get_text() for text in drawn.texts] == ["title", "what"]
    save(drawn, tmp_path / "grid", ("png",))


def test_every_image_is_wholly_on_the_paper_and_hides_no_other():
    (axes,) = augmented(*batch()).axes
    extents = [image.get_extent() for image in axes.images]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for number, (x0, x1, y0, y1) in enumerate(extents):
        assert left <= x0 < x1 <= right
        assert bottom <= y0 < y1 <= top
        for a0, a1, b0, b1 in extents[:number]:
            assert x0 >= a1 or a0 >= x1 or y0 >= b1 or b0 >= y1


def test_refuses_arrays_that_do_not_belong_together():
    stored, versions = batch()
    for wrong in (stored.astype(float), stored[0], stored[:0], np.stack([stored] * 2, -1)):
        with pytest.raises(ConfigError, match=r"stored images: .*uint8"):
            augmented(wrong, versions)
    for wrong in (versions[:2], versions[:, 0], (255 * versions).astype(np.uint8), versions[:, :0]):
        with pytest.raises(ConfigError, match=r"versions: .*floating-point \[3 versions"):
            augmented(stored, wrong)
