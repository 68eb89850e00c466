"""A network of long short-term memory over characters; trained as `rnn` is, so that the cell alone differs."""

import dataclasses

from d2lab.recipes import rnn

RECIPE = dataclasses.replace(
    rnn.RECIPE,
    name="lstm",
    chapter=19,
    parameters=387_168,
    en="Long short-term memory (LSTM) that predicts the next character.",
    zh="长短期记忆网络（LSTM）：逐字预测下一个字符。",
    data="notes-en",
    settings=dataclasses.replace(
        rnn.RECIPE.settings,
        model=dataclasses.replace(rnn.RECIPE.settings.model, cell="lstm"),  # type: ignore[call-arg]
    ),
)
