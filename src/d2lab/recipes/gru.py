"""A gated recurrent network over characters; trained as `rnn` is, so that the cell alone differs."""

import dataclasses

from d2lab.recipes import rnn

RECIPE = dataclasses.replace(
    rnn.RECIPE,
    name="gru",
    chapter=19,
    parameters=296_544,
    en="A gated recurrent unit (GRU) that predicts the next character.",
    zh="门控循环单元（GRU）：逐字预测下一个字符。",
    data="notes-en",
    settings=dataclasses.replace(
        rnn.RECIPE.settings,
        model=dataclasses.replace(rnn.RECIPE.settings.model, cell="gru"),  # type: ignore[call-arg]
    ),
)
