"""Metrics of language models: perplexity and bits per token, over all tokens that are not ignored.

Perplexity is exp of the mean over all tokens, which is not the mean of the perplexities of batches.
Source: Jelinek, Mercer, Bahl, Baker 1977, "Perplexity: a measure of the difficulty of speech recognition tasks".
"""

import math

from torch import Tensor
from torch.nn import functional

from d2lab.data.batch import Batch
from d2lab.metrics.metric import Metric, ratio
from d2lab.text.likelihood import perplexity_of


class Perplexity(Metric):
    """Perplexity, exp of the mean negative log-likelihood: a uniform guess over n tokens has perplexity n.

    Args:
        ignore: targets with this value are not counted, such as padding.
    """

    def __init__(self, *, ignore: int = -100) -> None:
        super().__init__()
        self.ignore = ignore

    def update(self, outputs: Tensor, batch: Batch) -> None:
        """Add the tokens of a batch: logits `[batch, time, token]` beside targets `[batch, time]`."""
        targets = batch.targets.flatten()
        logits = outputs.flatten(0, -2).float()
        nats = functional.cross_entropy(logits, targets, ignore_index=self.ignore, reduction="sum")
        self.add("nats", nats.double() if nats.device.type != "mps" else nats)  # Apple's GPU has no float64
        self.add("tokens", (targets != self.ignore).sum())

    def compute(self) -> dict[str, float]:
        """Return `perplexity` and `bits_per_token`."""
        nats = ratio(self.sums.get("nats"), self.sums.get("tokens"))
        return {"perplexity": perplexity_of(nats), "bits_per_token": nats / math.log(2)}
