"""Experiments: from a recipe's names to data, a model, a loop and a trained record; `fit` for a model of one's own."""

from d2lab.experiments.fit import fit
from d2lab.experiments.request import RunRequest
from d2lab.experiments.run import Run, resume, train
from d2lab.experiments.trained import Trained, load_run

__all__ = ["Run", "RunRequest", "Trained", "fit", "load_run", "resume", "train"]
