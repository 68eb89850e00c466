"""The table of twins: every layer, loss and initialization of ours beside torch's, on ordinary and extreme inputs.

Main rows have LeNet's shapes, since their speed is shown; the others are small and test one difficulty each.
"""

from d2lab.core.reference import Row
from d2lab.layers.twins.activation import ACTIVATIONS
from d2lab.layers.twins.attention import ATTENTION
from d2lab.layers.twins.convolution import CONVOLUTIONS, SEQUENCES, TRANSPOSED
from d2lab.layers.twins.detection_loss import DETECTION_LOSSES
from d2lab.layers.twins.init import INITIALIZATIONS
from d2lab.layers.twins.linear import LINEAR
from d2lab.layers.twins.loss import LOSSES
from d2lab.layers.twins.normalization import NORMALIZATIONS
from d2lab.layers.twins.pooling import POOLS
from d2lab.layers.twins.recurrent import RECURRENT

TABLES = (
    LINEAR, CONVOLUTIONS, SEQUENCES, TRANSPOSED, POOLS, NORMALIZATIONS, RECURRENT, ATTENTION, ACTIVATIONS, LOSSES,
    DETECTION_LOSSES, INITIALIZATIONS,
)  # fmt: skip
TWINS: list[Row] = [row for table in TABLES for row in table]

__all__ = ["TWINS"]
