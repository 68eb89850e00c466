"""Modules by the names they had in d2lab 0.1: importing one gives the module of today, and says where it is.

For one release; the table goes with it.
"""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "core.allocator": "core.machine",
    "core.placement": "core.device",
    "core.twin": "core.reference",
    "data.ahead": "data.batches",
    "data.picture": "data.image",
    "data.picture_files": "data.image_files",
    "inspection.account": "inspection.summary",
    "layers.blocked": "layers.space_to_depth",
    "layers.standardize": "layers.normalize",
    "recipes.augmented": "reports.augmentation",
    "recipes.classes": "experiments.classes",
    "recipes.examples": "experiments.data",
    "recipes.experiment": "experiments.plan",
    "recipes.export": "experiments.export",
    "recipes.inspected": "reports.summary",
    "recipes.looked": "reports.features",
    "recipes.notes": "recipes.book_settings",
    "recipes.pictures": "reports.figures",
    "recipes.run": "experiments.run",
    "recipes.source": "experiments.pretrained",
    "recipes.start": "train.finetune",
    "recipes.submission": "experiments.submission",
    "recipes.trained": "experiments.trained",
    "recipes.trial": "experiments.quick_run",
    "train.layout": "train.memory_format",
    "train.luck": "train.train_step",
    "train.pictures": "reports.curves",
    "train.stepper": "train.train_step",
    "train.tensorboard": "reports.tensorboard",
    "vision.mix": "vision.mixup",
    "vision.place": "vision.geometry",
    "vision.prepare": "vision.preparation",
    "vision.scale": "vision.resample",
    "vision.turn": "vision.geometry",
}
PACKAGE = "d2lab."


class _Former(MetaPathFinder, Loader):
    """Finds a former name and loads the module of today in its place."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a former name, None for any other."""
        return ModuleSpec(name, self) if name.removeprefix(PACKAGE) in MOVED and name.startswith(PACKAGE) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the module of today; a line says its name."""
        now = PACKAGE + MOVED[spec.name.removeprefix(PACKAGE)]
        warnings.warn(f"{spec.name} is {now} now", FutureWarning, stacklevel=6)
        module = importlib.import_module(now)
        self._spec = module.__spec__  # the import system is about to write the former name's over it
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's own spec; it has run under its name of today."""
        module.__spec__ = self._spec


def understand_former_names() -> None:
    """Let `import` understand former names, once."""
    if not any(isinstance(finder, _Former) for finder in sys.meta_path):
        sys.meta_path.append(_Former())
