"""What the stages measured, kept in a file beside their code."""

import json
import os
from pathlib import Path
from typing import Any

import torch


def keep(path: Path, stage: str, value: dict[str, Any]) -> None:
    """Add what a stage measured to a file, with the load of the machine, and print it."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept.setdefault(stage, []).append(value | {"load": round(os.getloadavg()[0], 1), "torch": torch.__version__})
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(stage, json.dumps(value))
