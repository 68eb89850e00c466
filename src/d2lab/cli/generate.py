"""The command `d2lab generate`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Meta

from d2lab.core.bounds import Seed


def generate(
    run: Annotated[Path, typer.Argument(help="A run's folder, its name in runs/, or an exported .onnx file.")],
    prompt: Annotated[str, typer.Option(help="Text to begin with; the first held-out words unless given.")] = "",
    tokens: Annotated[int, typer.Option(help="How many to write."), Meta(ge=1, le=100_000, description="tokens")] = 200,
    temperature: Annotated[
        float, typer.Option(help="Below 1 plays safe, above 1 dares; 0 takes the likeliest."), Meta(ge=0, le=100)
    ] = 0.8,
    top_k: Annotated[int, typer.Option(help="Draw from so many at most; 0 for all."), Meta(ge=0, le=1_000_000)] = 0,
    top_p: Annotated[
        float, typer.Option(help="Draw from the likeliest that hold this probability."), Meta(gt=0, le=1)
    ] = 0.95,
    min_p: Annotated[
        float, typer.Option(help="Leave out what is less likely than this share of the likeliest."), Meta(ge=0, le=1)
    ] = 0.0,
    beam: Annotated[
        int, typer.Option(help="Search for the likeliest text with a beam this wide; 0 draws."), Meta(ge=0, le=1_000)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Decides what is drawn."), Seed] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps or xpu.")] = "cpu",
) -> None:
    """Let a language model write: print the prompt and what it goes on with; RUN may be an exported .onnx file."""
    from d2lab.experiments.generation import Writing, writer_of
    from d2lab.text.sampling import SamplingRule

    rule = SamplingRule(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    how = Writing(prompt=prompt, tokens=tokens, rule=rule, beam=beam, seed=seed)
    if run.suffix.lower() == ".onnx":
        from d2lab.experiments.exported import ExportedModel, refuse_device

        refuse_device(device)
        writer = ExportedModel(run).writer()
    else:
        from d2lab.experiments import load_run

        writer = writer_of(load_run(run, device=device))
    typer.echo(writer.write(how))
