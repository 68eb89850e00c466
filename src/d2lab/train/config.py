"""The settings of the training loop: plain values, no tensor."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from d2lab.core.errors import ConfigError

Precision = Literal["float32", "bfloat16", "float16"]
Layout = Literal["auto", "plain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopConfig:
    """How long, in what portions and by what means a model is trained."""

    ALIASES: ClassVar[dict[str, str]] = {"batch": "batch_size"}  # names that users of other libraries type

    epochs: int = 10  # passes over the training set
    batch_size: int = 256  # examples behind one step of the weights
    accumulate: int = 1  # pieces that a batch is cut into, to save memory; the gradient stays that of the batch
    drop_last: bool = False  # leave out the ragged last batch of an epoch
    examples: int | None = None  # train on this many examples only
    validation: float = 0.0  # share of the training set held out
    patience: int | None = None  # stop after this many epochs without a better validation loss, keep the best
    precision: Precision = "float32"  # of the products; weights stay float32
    compile: bool = False  # torch.compile: slow to start, faster later
    layout: Layout = "auto"  # auto lets narrow convolutions work on blocks of pixels
    test_flips: bool = False  # judge images by the mean of the answers to them and to their mirror images
    threads: int | None = None  # processor threads; none chooses by the size of the model
    stream_workers: int | None = None  # read through torch.utils.data instead of holding the set on the device
    checkpoint_every_s: float = 10.0  # seconds between checkpoints; one is always written at the end

    def check_watched(self, *, given: bool = False) -> None:
        """Refuse early stop without a validation set to watch.

        Args:
            given: a validation set is at hand, beside what `validation` holds out.

        Raises:
            ConfigError: there is none.
        """
        if self.patience is not None and self.validation == 0 and not given:
            fix = "Set validation=0.1: stopping by the test set would spoil it."
            raise ConfigError("patience", got=self.patience, need="a validation set to watch", fix=fix)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulate"):
            if getattr(self, name) < 1:
                raise ConfigError(name, got=getattr(self, name), need="1 or more")
        for name, least in (("examples", 1), ("patience", 1), ("threads", 1), ("stream_workers", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(name, got=value, need=f"{least} or more, or none")
        if not 0 <= self.validation < 1:
            raise ConfigError("validation", got=self.validation, need="a share from 0 up to, not with, 1")
        if not 0 <= self.checkpoint_every_s < math.inf:
            raise ConfigError("checkpoint_every_s", got=self.checkpoint_every_s, need="0 seconds or more")
