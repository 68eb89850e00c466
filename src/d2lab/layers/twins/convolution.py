"""Rows of convolutions and transposed convolutions, each in every form."""

from torch import nn

from d2lab.core.reference import Twin
from d2lab.layers.twins.inputs import normal, strided
from d2lab.layers.twins.row import OURS, layer_row

LOOP = {"why": "the explicit loop: one Python iteration for every output pixel", "rounds": 1}
CONVOLUTIONS = [
    row
    for form in ("columns", "shifts", "loop")
    for more in [LOOP if form == "loop" else {}]
    for row in [
        Twin(
            name=f"Conv2d: {name}, as {form}",
            source="LeCun et al. 1989, Neural Computation 1(4), section 3",
            ours=lambda make=make, form=form: make(lambda *a, **k: OURS.Conv2d(*a, **k, form=form)),  # type: ignore[misc]
            theirs=lambda make=make: make(nn.Conv2d),  # type: ignore[misc]
            inputs=inputs,
            **more,  # type: ignore[arg-type]
        )
        for name, make, inputs in [
            ("LeNet's first", lambda conv: conv(1, 6, 5, padding=2), normal(1, 28, 28)),
            ("LeNet's second", lambda conv: conv(6, 16, 5), normal(6, 14, 14)),
            (
                "uneven everything",
                lambda conv: conv(4, 6, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
                normal(4, 9, 7),
            ),
            ("depthwise, no bias", lambda conv: conv(4, 8, 3, groups=4, bias=False), normal(4, 6, 5)),
            ("same, even kernel", lambda conv: conv(2, 3, (2, 4), padding="same", dilation=(3, 1)), normal(2, 7, 6)),
            ("1x1, not contiguous", lambda conv: conv(3, 4, 1, stride=2), strided(3, 5, 7)),
            ("one output pixel, batch of one", lambda conv: conv(2, 3, (5, 4)), normal(2, 5, 4, batch=1)),
            ("mean 10,000", lambda conv: conv(2, 3, 3, padding="valid"), normal(2, 6, 6, mean=1e4)),
        ]
    ]
]
SEQUENCES = [
    layer_row("Conv1d", lambda of: of.Conv1d(6, 16, 5, padding=2), normal(6, 28)),
    layer_row(
        "Conv1d: stride, dilation, groups",
        lambda of: of.Conv1d(4, 6, 3, stride=2, padding=3, dilation=2, groups=2, bias=False),
        normal(4, 11),
    ),
    layer_row("Conv1d: same", lambda of: of.Conv1d(2, 2, 4, padding="same"), normal(2, 9)),
]
TRANSPOSED = [
    Twin(
        name=f"ConvTranspose2d: {name}, as {form}",
        source="Dumoulin and Visin 2016, chapter 4",
        ours=lambda make=make, form=form: make(lambda *a, **k: OURS.ConvTranspose2d(*a, **k, form=form)),  # type: ignore[misc]
        theirs=lambda make=make: make(nn.ConvTranspose2d),  # type: ignore[misc]
        inputs=inputs,
        why="the whole matrix of the convolution, to be shown" if form == "matrix" else "",
    )
    for form in ("scatter", "matrix", "stretched")
    for name, make, inputs in [
        ("LeNet's second, transposed", lambda conv: conv(16, 6, 5), normal(16, 10, 10)),
        ("doubling", lambda conv: conv(3, 2, 4, stride=2, padding=1), normal(3, 5, 4)),
        (
            "uneven everything",
            lambda conv: conv(
                4, 6, (2, 3), stride=(3, 2), padding=(1, 0), output_padding=(2, 1), groups=2, dilation=(1, 2)
            ),
            normal(4, 4, 3),
        ),
        ("no bias, not contiguous", lambda conv: conv(2, 3, 3, bias=False), strided(2, 3, 4)),
    ]
    if form != "matrix" or "LeNet" not in name  # its matrix has 1176 x 1600 entries: smaller cases show as much
]
