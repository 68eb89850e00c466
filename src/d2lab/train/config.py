"""Settings of the training loop, as plain values."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from d2lab.core.errors import ConfigError

Precision = Literal["float32", "bfloat16", "float16"]
Layout = Literal["auto", "plain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopConfig:
    """Epochs, batch size, precision and everything else that `--set loop.NAME=VALUE` changes."""

    ALIASES: ClassVar[dict[str, str]] = {"batch": "batch_size"}  # names that users of other libraries type

    epochs: int = 10  # passes over the training set
    batch_size: int = 256  # examples per optimizer step
    accumulate: int = 1  # chunks that a batch is split into, to save memory; the gradient stays that of the batch
    drop_last: bool = False  # leave out the incomplete last batch of an epoch
    examples: int | None = None  # train on only this many examples
    validation: float = 0.0  # fraction of the training set held out
    patience: int | None = None  # early stopping: epochs without a lower validation loss; the best weights are kept
    precision: Precision = "float32"  # of matrix products (autocast); weights stay float32
    compile: bool = False  # torch.compile: slow to start, faster later
    layout: Layout = "auto"  # auto computes narrow convolutions on space-to-depth blocks, wide ones channels last
    test_flips: bool = False  # evaluate on the mean of the outputs for an image and its mirror image
    threads: int | None = None  # CPU threads; none chooses by the size of the model
    stream_workers: int | None = None  # worker processes of torch.utils.data; none holds the set in memory
    checkpoint_every_s: float = 10.0  # seconds between checkpoints; one is always written at the end

    def check_watched(self, *, given: bool = False) -> None:
        """Check that early stopping has a validation set to watch.

        Args:
            given: a validation set is given, beside the fraction `validation`.

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
            raise ConfigError("validation", got=self.validation, need="at least 0 and below 1")
        if not 0 <= self.checkpoint_every_s < math.inf:
            raise ConfigError("checkpoint_every_s", got=self.checkpoint_every_s, need="0 seconds or more")
