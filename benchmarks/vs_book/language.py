"""python -m benchmarks.vs_book.language STAGE: language models beside the book's and nanoGPT's; see README.md here."""

import argparse
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch
from benchmarks.vs_book.kept import keep
from benchmarks.vs_book.language_forms import Concise, Scratch, book_step, our_model, our_step
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.errors import D2labError
from d2lab.core.machine import configure_malloc
from d2lab.data import catalog
from d2lab.data.texts import load, text_of
from d2lab.models.gpt import GPT, GPTConfig
from d2lab.optimizers import Muon
from d2lab.text.bpe import BytePairEncoding
from d2lab.text.tokens import keep_letters
from d2lab.text.vocabulary import Vocabulary
from d2lab.text.windows import random_batches, sequential_batches, windows

OUT = Path(__file__).with_name("language.json")
BATCH, STEPS, FIRST, HELD = 32, 35, 10_000, 5_000  # the book's batch, steps and characters; those held out after them
GPT_BATCH, GPT_STEPS, WARM = 16, 128, 20
RATES = {"matrices": 0.02, "embedding": 0.02, "head": 0.004}


def letters() -> Tensor:
    """Return The Time Machine as the book reads it: numbers of 26 letters and the space."""
    data = load(catalog.card("time-machine"), fetch=False)
    text = keep_letters(text_of(data.train) + text_of(data.test))
    return Vocabulary(list(text)).encode(text)


def shakespeare() -> tuple[Tensor, Tensor]:
    """Return Tiny Shakespeare's characters, the first nine tenths and the rest."""
    data = load(catalog.card("tiny-shakespeare"), fetch=False)
    train, rest = text_of(data.train), text_of(data.test)
    known = Vocabulary.from_tokens(["<unk>", *sorted(set(train + rest))])
    return known.encode(train) - 1, known.encode(rest) - 1


def speed(rounds: int, epochs: int = 2) -> dict[str, Any]:
    """Time alternating rounds of all forms on the same batches; tokens a processor second and the losses at the end."""
    torch.manual_seed(0)
    batches = list(sequential_batches(letters()[:FIRST], BATCH, STEPS))
    concise = Concise()
    ours, half = our_model(like=concise), our_model(like=concise)  # before the book trains it
    forms = {"scratch": book_step(Scratch()), "concise": book_step(concise)}
    forms |= {
        name: our_step(model, torch.optim.SGD(model.parameters(), lr=1.0, fused=True), half=name != "ours")
        for name, model in (("ours", ours), ("ours-bfloat16", half))
    }
    kept: list[dict[str, float]] = []
    for _ in range(rounds + 1):  # the first warms up
        row = {}
        for name, step in forms.items():
            began = time.process_time()
            losses = [step(batch.inputs, batch.targets) for _ in range(epochs) for batch in batches]
            row[name] = epochs * len(batches) * BATCH * STEPS / (time.process_time() - began)
            row[f"loss {name}"] = sum(losses[-len(batches) :]) / len(batches)
        kept.append(row)
    kept = kept[1:]
    pairs = [(mine, book) for mine in ("ours", "ours-bfloat16") for book in ("scratch", "concise")]
    ratios = {f"{a} / {b}": [row[a] / row[b] for row in kept] for a, b in pairs}
    return {
        "tokens per processor second": {name: round(median(row[name] for row in kept)) for name in forms},
        "ratio": {name: spread(values) for name, values in ratios.items()},
        "perplexity at the end": {name: round(math.exp(kept[-1][f"loss {name}"]), 3) for name in forms},
    }


def spread(values: list[float]) -> dict[str, float]:
    """Return median, least, most and number."""
    return {"median": round(median(values), 3), "least": round(min(values), 3), "most": round(max(values), 3)} | {
        "n": len(values)
    }


@torch.no_grad()
def held_out(model: nn.Module, tokens: Tensor) -> float:
    """Return the perplexity of a text read in one stream."""
    model.eval()
    logits = model(tokens[None, :-1])[0][0]
    model.train()
    return math.exp(functional.cross_entropy(logits, tokens[1:]).item())


def book_time(seed: int, goal: float, most: int) -> dict[str, Any]:
    """Train the book's scratch form with its own SGD until an epoch's training perplexity is at most the goal."""
    torch.manual_seed(seed)
    text, step, used = letters()[:FIRST], book_step(Scratch()), 0.0
    for epoch in range(1, most + 1):
        began = time.process_time()
        losses = [step(batch.inputs, batch.targets) for batch in _epoch(text)]
        used += time.process_time() - began
        train = math.exp(sum(losses) / len(losses))
        if epoch % 50 == 0:
            say(f"book, epoch {epoch}: {train:.3f}, {used:.0f} s")
        if train <= goal:
            break
    return {"seed": seed, "epochs": epoch, "processor seconds": round(used, 1), "train": round(train, 3)}


def _epoch(text: Tensor) -> Iterator[Any]:
    return sequential_batches(text, BATCH, STEPS, offset=int(torch.randint(STEPS, ())))


def our_time(
    seed: int, goal: float, epochs: int, *, rate: float, dropout: float = 0.0, first: int = FIRST
) -> dict[str, Any]:
    """Train ours by Adam, its rate falling to 0, until the goal; held-out perplexity after every epoch, not timed."""
    torch.manual_seed(seed)
    text, used = letters(), 0.0
    train, rest = text[:first], text[first : first + HELD] if first == FIRST else text[first:]
    model = our_model(dropout=dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    step, best = our_step(model, optimizer), (math.inf, 0)
    for epoch in range(1, epochs + 1):
        optimizer.param_groups[0]["lr"] = rate * (1 - (epoch - 1) / epochs)
        began = time.process_time()
        losses = [step(batch.inputs, batch.targets) for batch in _epoch(train)]
        used += time.process_time() - began
        best = min(best, (held_out(model, rest), epoch))
        perplexity = math.exp(sum(losses) / len(losses))
        if epoch % 10 == 0 or first > FIRST:
            say(f"ours, epoch {epoch}: {perplexity:.3f}, held out {best[0]:.3f} at {best[1]}, {used:.0f} s")
        if perplexity <= goal:
            break
    final = held_out(model, rest)
    kept = {"seed": seed, "epochs": epoch, "processor seconds": round(used, 1), "train": round(perplexity, 3)}
    return kept | {"held out at the end": round(final, 2), "best held out": round(best[0], 3), "best epoch": best[1]}


def gpt(seed: int, steps: int) -> dict[str, Any]:
    """Train a GPT of 0.80 M weights on Tiny Shakespeare; nats on the whole held-out text."""
    torch.manual_seed(seed)
    train, rest = shakespeare()
    model = GPT(GPTConfig(vocabulary=int(train.max()) + 1, context=GPT_STEPS))
    muon = Muon([p for block in model.blocks for p in block.parameters()], RATES["matrices"], 0.0, 0.95)
    groups = [{"params": getattr(model, name).parameters(), "lr": RATES[name]} for name in ("embedding", "head")]
    adamw = torch.optim.AdamW(groups, betas=(0.8, 0.95), weight_decay=0.0, fused=True)
    full = [(group, group["lr"]) for optimizer in (muon, adamw) for group in optimizer.param_groups]
    batches = _forever(train, seed)
    began = time.process_time()
    for step in range(steps):
        share = min(1.0, (step + 1) / WARM) * min(1.0, (steps - step) / (0.6 * steps))
        for group, rate in full:
            group["lr"] = rate * share
        batch = next(batches)
        loss = functional.cross_entropy(model(batch.inputs)[0].flatten(0, 1), batch.targets.flatten())
        for parameter in model.parameters():
            parameter.grad = None
        loss.backward()
        muon.step()
        adamw.step()
        if step % 100 == 99:
            say(f"gpt, seed {seed}, step {step + 1}: {loss.item():.3f}, {time.process_time() - began:.0f} s")
    used = time.process_time() - began
    tokens = steps * GPT_BATCH * GPT_STEPS
    kept = {"seed": seed, "steps": steps, "tokens": tokens, "processor seconds": round(used, 1)}
    return kept | {"tokens per processor second": round(tokens / used), "held-out nats": round(_nats(model, rest), 4)}


def _forever(train: Tensor, seed: int) -> Iterator[Any]:
    epoch = 0
    while True:
        yield from random_batches(train, GPT_BATCH, GPT_STEPS, seed=seed, epoch=epoch)
        epoch += 1


@torch.no_grad()
def _nats(model: nn.Module, text: Tensor) -> float:
    """Return the mean loss over every character of a text but the first, in windows that do not overlap."""
    model.eval()
    every, total = windows(text, GPT_STEPS), 0.0
    for first in range(0, len(every), 64):
        batch = every.gather(torch.arange(first, min(first + 64, len(every))))
        logits = model(batch.inputs)[0].flatten(0, 1)
        total += functional.cross_entropy(logits, batch.targets.flatten(), reduction="sum").item()
    done = len(every) * GPT_STEPS
    if len(text) - 1 > done:
        logits = model(text[None, done:-1])[0][0]
        total += functional.cross_entropy(logits, text[done + 1 :], reduction="sum").item()
    return total / (len(text) - 1)


def text_speed(rounds: int) -> dict[str, Any]:
    """Time batches of windows, and 2,000 merges."""
    stream, found = letters(), {}
    for name, made in (
        ("random", lambda: random_batches(stream, BATCH, STEPS, seed=0)),
        ("sequential", lambda: sequential_batches(stream, BATCH, STEPS)),
    ):
        rates = []
        for _ in range(rounds):
            began = time.process_time()
            count = sum(batch.inputs.numel() for _ in range(20) for batch in made())
            rates.append(count / (time.process_time() - began) / 1e6)
        found[f"{name} windows, M tokens a processor second"] = spread(rates)
    text = text_of(load(catalog.card("tiny-shakespeare"), fetch=False).train)
    began = time.process_time()
    BytePairEncoding.train(text, 2_000)
    return found | {"2,000 merges of Tiny Shakespeare, processor seconds": round(time.process_time() - began, 1)}


def say(line: str) -> None:
    """Tell how far a run is."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Run the stage that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_book.language")
    parser.add_argument("stage", choices=("speed", "book", "ours", "early", "whole", "gpt", "text"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=750, help="of gpt; 750 read 1.54 M tokens")
    given = parser.parse_args()
    torch.set_num_threads(1)
    configure_malloc()
    stages = {
        "speed": lambda: speed(given.rounds),
        "book": lambda: book_time(given.seed, 1.1, 500),
        "ours": lambda: our_time(given.seed, 1.1, 80, rate=2e-3),
        "early": lambda: our_time(given.seed, 1.0, 30, rate=2e-3),
        "whole": lambda: our_time(given.seed, 1.0, 8, rate=2e-3, dropout=0.1, first=155_000),
        "gpt": lambda: gpt(given.seed, given.steps),
        "text": lambda: text_speed(given.rounds),
    }
    try:
        keep(OUT, given.stage, stages[given.stage]())
    except D2labError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
