"""Figures of a language model: what each head attends to, which tokens have similar vectors."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.experiments.tokens import test_tokens, tokenizer_of
from d2lab.experiments.trained import Trained
from d2lab.models.gpt import GPT
from d2lab.plot import attention, neighbors, save_both
from d2lab.text.tokenizer import Tokenizer

READ = 16  # tokens of the held-out text that the attention maps show
LOOKED_AT = 20_000  # tokens of it that are counted, to find the frequent ones
SHOWN, NEAREST = 14, 5  # tokens in the figure of neighbors, and neighbors of each


def draw_language(trained: Trained) -> list[Path]:
    """Draw the figures that a language model's weights allow into its run's folder; return paths of the light PNGs.

    Args:
        trained: the opened run; its text must be on disk.

    Raises:
        DataError: the text is not on disk.
    """
    out, tokenizer, paths = trained.record.folder, tokenizer_of(trained.experiment), []
    tokens, name = test_tokens(trained.experiment, LOOKED_AT), trained.experiment.recipe.name
    if isinstance(trained.model, GPT) and len(tokens):
        read = tokens[: min(READ, trained.model.context)]
        where = next(trained.model.parameters()).device
        maps = trained.model.attention_maps(read.to(where)).cpu().numpy()
        title, said = f"What the heads of {name} attend to", "rows read, columns are read; held-out text"
        labels = shown_tokens(tokenizer, read)
        save_both(lambda theme: attention(maps, labels, theme, title=title, subtitle=said), out / "attention")
        paths.append(out / "attention.png")
    vectors = token_vectors(trained.model)
    rows = [] if vectors is None else nearest_tokens(vectors, tokenizer, tokens)
    if rows:
        title, said = f"Nearest tokens of {name}", "frequent tokens; cosine between the vectors that the model learned"
        save_both(lambda theme: neighbors(rows, theme, title=title, subtitle=said), out / "neighbors")
        paths.append(out / "neighbors.png")
    return paths


def token_vectors(model: nn.Module) -> Float[Tensor, "token width"] | None:
    """Return the vector that each token is read as; None for a model that has none, such as one of counts.

    A recurrent model on one-hot tokens has them as the columns of its input weights.
    """
    layer = getattr(model, "embedding", None)
    if layer is not None:
        return layer.weight.detach().float().cpu()  # type: ignore[no-any-return]
    layer = getattr(model, "rnn", None)
    return None if layer is None else layer.weight_ih_l0.detach().float().cpu().T


def nearest_tokens(
    vectors: Float[Tensor, "token width"], tokenizer: Tokenizer, text: Tensor
) -> list[tuple[str, list[tuple[str, float]]]]:
    """Return the most frequent tokens of a text, each with those whose vectors are nearest by cosine.

    The list is empty where the text has fewer than two kinds of tokens.
    Only tokens that the text has are considered: the vector of one that is never read says nothing.

    Args:
        vectors: of all tokens.
        tokenizer: of their names.
        text: tokens.
    """
    counts = torch.bincount(text, minlength=len(vectors))
    if tokenizer.vocabulary is not None:
        counts[0] = 0  # the unknown one
    kept = counts.argsort(descending=True, stable=True)[: int((counts > 0).sum())]  # the frequent first
    centered = vectors[kept] - vectors[kept].mean(0)  # what all have in common would make all alike
    units = nn.functional.normalize(centered, dim=1)
    cosines = (units @ units.T).fill_diagonal_(-2)
    names, rows = shown_tokens(tokenizer, kept), []
    for place in range(min(SHOWN, len(kept)) if len(kept) > 1 else 0):
        best = cosines[place].topk(min(NEAREST, len(kept) - 1))
        near = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        rows.append((names[place], [(names[other], cosine) for other, cosine in near]))
    return rows


def shown_tokens(tokenizer: Tokenizer, tokens: Tensor) -> list[str]:
    """Return each token as it is written in a figure: spaces and line breaks visible.

    Args:
        tokenizer: of the tokens.
        tokens: their numbers.
    """
    signs = {" ": "␣", "\n": "↵", "\t": "→"}
    names = [tokenizer.decode(token[None]) for token in tokens]
    return ["".join(signs.get(letter, letter) for letter in name) for name in names]
