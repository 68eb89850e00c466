"""Settings of the training loop, as plain values."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from d2lab.core.bounds import Share, check_bounds
from d2lab.core.errors import ConfigError

Shard = Literal["none", "full"]
Precision = Literal["float32", "bfloat16", "float16"]
Layout = Literal["auto", "plain"]
Epochs = Annotated[int, Meta(ge=1, le=1_000_000, description="epochs")]
Examples = Annotated[int, Meta(ge=1, le=1_000_000_000, description="examples")]
Pieces = Annotated[int, Meta(ge=1, le=1_000_000, description="pieces")]
Threads = Annotated[int, Meta(ge=1, le=1024, description="threads")]  # torch crashes where the system has too few
Workers = Annotated[int, Meta(ge=0, le=256, description="processes")]
Seconds = Annotated[float, Meta(ge=0, le=1e9, description="seconds")]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopConfig:
    """Epochs, batch size, precision and everything else that `--set loop.NAME=VALUE` changes."""

    ALIASES: ClassVar[dict[str, str]] = {"batch": "batch_size"}  # names that users of other libraries type

    epochs: Epochs = 10  # passes over the training set
    batch_size: Examples = 256  # examples per optimizer step
    accumulate: Pieces = 1  # chunks that a batch is split into, to save memory; the gradient stays that of the batch
    drop_last: bool = False  # leave out the incomplete last batch of an epoch
    examples: Examples | None = None  # train on only this many examples
    validation: Share = 0.0  # fraction of the training set held out; any, where a set has a validation part of its own
    patience: Epochs | None = None  # early stopping: epochs without a lower validation loss; the best weights are kept
    precision: Precision = "float32"  # of matrix products (autocast); weights stay float32
    compile: bool = False  # torch.compile: slow to start, faster later
    layout: Layout = "auto"  # auto computes narrow convolutions on space-to-depth blocks, wide ones channels last
    test_flips: bool = False  # evaluate on the mean of the outputs for an image and its mirror image
    threads: Threads | None = None  # CPU threads; none chooses by the size of the model
    stream_workers: Workers | None = None  # worker processes of torch.utils.data; none holds the set in memory
    shard: Shard = "none"  # of several processes: none, each has the whole model (DDP); full, a share of it (FSDP2)
    sync_batchnorm: bool = False  # of several processes: batch statistics over all of them, not of each alone
    checkpoint_every_s: Seconds = 10.0  # seconds between checkpoints; one is always written at the end

    def check_watched(self, *, given: bool = False, plateau: bool = False) -> None:
        """Check that early stopping, or a rate that falls on a plateau, has a validation set to watch.

        Args:
            given: a validation set is given, beside the fraction `validation`.
            plateau: the learning rate falls on a plateau.

        Raises:
            ConfigError: there is none.
        """
        if self.validation > 0 or given:
            return
        if self.patience is not None:
            fix = "Set validation=0.1: stopping by the test set would spoil it."
            raise ConfigError("patience", got=self.patience, need="a validation set to watch", fix=fix)
        if plateau:
            fix = "Set validation=0.1: a rate chosen by the test set would spoil it."
            raise ConfigError("schedule.name", got="plateau", need="a validation set to watch", fix=fix)

    def __post_init__(self) -> None:
        check_bounds(self)
