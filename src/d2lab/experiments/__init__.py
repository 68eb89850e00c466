"""Experiments: plan, build, train and open runs of recipes, or of your own model."""

from d2lab.experiments.fit import fit
from d2lab.experiments.plan import RunRequest
from d2lab.experiments.resumption import resume
from d2lab.experiments.run import train
from d2lab.experiments.run_loop import Run
from d2lab.experiments.trained import Trained, load_run

__all__ = ["Run", "RunRequest", "Trained", "fit", "load_run", "resume", "train"]
