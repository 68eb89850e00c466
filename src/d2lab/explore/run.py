"""A run's model as a page of its own: the explorer, the weights of the last checkpoint, a few of its test images."""

import html
import json
from pathlib import Path
from typing import Any

import torch

from d2lab.core.errors import D2labError
from d2lab.core.language import Language
from d2lab.experiments.trained import Trained, load_run
from d2lab.explore.language import described_language
from d2lab.explore.model import EXAMPLES, Example, described

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("numbers.js", "experiments.js", "core.js", "load.js")
COLORS = """
:root { --d2-blue: #0072b2; --d2-orange: #d55e00; --d2-green: #007a5a; --d2-red: #c8321e; --d2-violet: #5a3fd0;
  --d2-ink: #1f2328; --d2-muted: #59636e; --d2-line: #e1e5ea; --d2-paper: #ffffff; --d2-shade: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --d2-blue: #56b4e9; --d2-orange: #f08c3a; --d2-green: #2fbf94;
  --d2-red: #ff6a5c; --d2-violet: #a49cff; --d2-ink: #e6edf3; --d2-muted: #9198a1; --d2-line: #2b323b;
  --d2-paper: #0d1117; --d2-shade: #161b22; } }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--d2-paper); color: var(--d2-ink);
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; line-height: 1.5; }
h1 { font-size: 1.4rem; } :focus-visible { outline: 2px solid var(--d2-blue); outline-offset: 2px; }
"""
SAID: dict[str, dict[Language, str]] = {
    "title": {"en": "Run {name}, opened", "zh": "打开运行 {name}"},
    "intro": {
        "en": "Draw, or take an image of yours; every layer is computed here in your browser, with the weights of "
        "step {step}. Click on a map, or choose a layer, and one number is taken apart.",
        "zh": "在画板上画，或者用自己的图像；每一层都在浏览器里用第 {step} 步的权重现算。"
        "点一幅图，或者选一层，就能看到一个数是怎么算出来的。",
    },
    "text": {
        "en": "Type a text; every state is computed here in your browser, with the weights of step {step}. "
        "Walk through the characters with the arrow keys, and see what a unit holds after each.",
        "zh": "写一段文字；每个状态都在浏览器里用第 {step} 步的权重现算。"
        "用方向键在字符之间走，看一个单元读完每个字符后是多少。",
    },
}


def pages_of_run(folder: Path, language: Language) -> dict[str, bytes]:
    """Make the pages that show a run.

    Args:
        folder: of the run.
        language: of the page.

    Raises:
        RunError: no run of ours, or no checkpoint yet.
        ConfigError: its model can't be shown: it reads neither images nor characters, or is too large.
    """
    trained = load_run(folder)
    of_text = trained.experiment.tokenizer is not None
    if of_text:
        element, scripts, data = "d2-states", ["states.js"], as_script(described_language(trained), "D2_TEXT")
    else:
        element, scripts, data = "d2-net", ["pad.js", "net.js"], as_script(model_of_run(trained))
    name, step = trained.record.name, trained.step
    title = html.escape(SAID["title"][language].format(name=name))
    intro = html.escape(SAID["text" if of_text else "intro"][language].format(step=step))
    code = "zh-CN" if language == "zh" else "en"
    page = (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/explorers.css">'
        '<script defer src="/load.js"></script></head>'
        f"<body><main><h1>{title}</h1><p>{intro}</p>"
        f'<{element} class="d2-explorer" data-model="model-data"></{element}></main></body></html>'
    )
    made = {"/": page.encode(), "/model-data.js": data.encode()}
    made["/explorers.css"] = COLORS.encode() + (STATIC / "explorers.css").read_bytes()
    return made | {f"/{script}": (STATIC / script).read_bytes() for script in (*SCRIPTS, *scripts)}


def model_of_run(trained: Trained) -> dict[str, Any]:
    """Describe the model of a run, with a few images of its test set where that is at hand.

    Args:
        trained: the opened run.

    Raises:
        ConfigError: it can't be shown.
    """
    card, prepare = trained.experiment.card, trained.preparation
    shape = list(card.shape)
    if len(shape) == 3 and prepare.side:
        shape[1:] = [prepare.side, prepare.side]
    try:
        examples = _examples(trained) if len(shape) == 3 else []
    except D2labError:  # the data set is not on this machine: the pad is there
        examples = []
    return described(trained.model, shape, card.classes, trained.record.name, examples)


def as_script(model: dict[str, Any], name: str = "D2_NET") -> str:
    """Write a described model as the script that the page loads; a name in it can't end the script.

    Args:
        model: as `described` or `described_language` gives it.
        name: what the page calls it.
    """
    return f"window.{name}=" + json.dumps(model, ensure_ascii=True).replace("<", "\\u003c") + ";\n"


def _examples(trained: Trained) -> list[Example]:
    """Take the first image of each class."""
    split = trained.test_split()
    classes = trained.experiment.card.classes
    firsts = [int((split.targets == label).nonzero()[0]) for label in torch.unique(split.targets)[:EXAMPLES].tolist()]
    return [Example(name=classes[int(split.targets[i])], pixels=split.inputs[i]) for i in firsts]
