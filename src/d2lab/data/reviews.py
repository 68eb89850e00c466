"""Film reviews as padded bytes, for classification; see `d2lab.data.pairs` for the padding."""

from d2lab.data.card import Card
from d2lab.data.pairs import load_reviews
from d2lab.data.split import Dataset


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the reviews; `seed` changes nothing here.

    Raises:
        DataError: the file is missing or broken.
    """
    return load_reviews(card, fetch)
