"""Handwritten digits that need no download: 1,797 real 8x8 images that come with scikit-learn.

The values 0..16 (ink in a 4x4 block of a 32x32 scan) are stretched to 0..255. The split is ours and fixed: it is
drawn once, class by class, and never with a run's seed, so that test figures of different runs compare. It
mixes writers: the same hands wrote training and test digits (the files do not say who wrote which), so accuracy
here is higher than on the digits of strangers.

Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI; the test part of that set.
"""

import numpy as np
import torch

from d2lab.data.card import Card
from d2lab.data.split import Dataset, Split, holdout

SPLIT_SEED = 8  # any fixed number would do; changing it makes old results incomparable
INK = 16  # the largest value in the files


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the digits: 1,437 for training and 360 for testing; `seed` and `fetch` change nothing here."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    gray = np.rint(bundle.images * (255 / INK)).astype(np.uint8)
    images = torch.from_numpy(gray).unsqueeze(1)  # example channel 8 8
    targets = torch.from_numpy(bundle.target.astype(np.int64))
    train, test = holdout(Split(images, targets), card.examples[1] / sum(card.examples), seed=SPLIT_SEED)
    return Dataset(card, train, test)
