"""Train the letter model that the sampling explorer opens in the browser: `python -m tools.explorer_text_model`.

A recurrent network of 64 units reads the course's English prose (the set `notes-en`) in 26 letters and the space. Its
weights are kept as whole thousandths; the perplexities are those of the rounded weights.
It writes src/d2lab/explore/static/text-model.js, and prints what it measured.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.atomic import write_bytes
from d2lab.core.seed import derive
from d2lab.data.texts import read_notes
from d2lab.models.language_rnn import LanguageRNN, LanguageRNNConfig
from d2lab.text.likelihood import perplexity_of
from d2lab.text.tokens import keep_letters
from d2lab.text.windows import sequential_batches

OUT = Path(__file__).resolve().parents[1] / "src" / "d2lab" / "explore" / "static" / "text-model.js"
TOKENS = " abcdefghijklmnopqrstuvwxyz"
HIDDEN, BATCH, STEPS, LIMIT, SCALE = 64, 32, 64, 1.0, 1000
HEAD = (
    "// The letter model of the sampling explorer. Made by `python -m tools.explorer_text_model`; not to be edited.\n"
)


def encoded(part: str) -> Tensor:
    """Return a part of the notes as tokens."""
    return torch.tensor([TOKENS.index(letter) for letter in keep_letters(read_notes(part).decode())])


def trained(text: Tensor, epochs: int, seed: int) -> LanguageRNN:
    """Train a model on windows in order: the state is carried, detached."""
    torch.manual_seed(derive(seed, "letter-model"))
    model = LanguageRNN(LanguageRNNConfig(vocabulary=len(TOKENS), hidden=HIDDEN, orthogonal=False))
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=2e-4)
    for epoch in range(epochs):
        state = None
        for batch in sequential_batches(text, BATCH, STEPS, offset=epoch % STEPS):
            logits, state = model(batch.inputs, state)
            loss = functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), LIMIT)
            optimizer.step()
            state = state.detach()
        schedule.step()
        print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.3f}", flush=True)
    return model


@torch.no_grad()
def perplexity(model: LanguageRNN, text: Tensor) -> float:
    """Return the perplexity of a whole text, read once from its beginning."""
    logits, _ = model.eval()(text[None, :-1])
    return perplexity_of(functional.cross_entropy(logits[0], text[1:]).item())


def thousandths(model: LanguageRNN) -> dict[str, list]:
    """Round the weights in place, the two biases of the layer being one, and return them as whole numbers."""
    layer = model.rnn
    with torch.no_grad():
        layer.bias_ih_l0.add_(layer.bias_hh_l0)
        layer.bias_hh_l0.zero_()
        for weight in model.parameters():
            weight.copy_((weight * SCALE).round() / SCALE)
    named = {"input": layer.weight_ih_l0, "state": layer.weight_hh_l0, "bias": layer.bias_ih_l0}
    named |= {"output": model.out.weight, "outputBias": model.out.bias}
    return {name: (weight.detach() * SCALE).round().int().tolist() for name, weight in named.items()}


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    text, held_out = encoded("en-train"), encoded("en-test")
    model = trained(text, asked.epochs, asked.seed)
    made = {"tokens": TOKENS, "scale": SCALE, **thousandths(model)}
    made["perplexity"] = {
        name: round(perplexity(model, part), 3) for name, part in (("training", text), ("heldOut", held_out))
    }
    body = json.dumps(made, separators=(",", ":"))
    write_bytes(asked.out, f"{HEAD}(window.D2 ??= {{}}).textModel = {body};\n".encode())
    print(f"{len(text):,} letters, {len(body):,} bytes, perplexity {made['perplexity']}")


if __name__ == "__main__":
    main()
