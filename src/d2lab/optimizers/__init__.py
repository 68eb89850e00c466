"""Optimizers, learning-rate schedules, gradient clipping and weight averaging, from scratch and torch's own."""

from d2lab.optimizers.adam import Adam, AdamW
from d2lab.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from d2lab.optimizers.averaging import AveragedModel, ema
from d2lab.optimizers.build import build_optimizer, clip, scratch_optimizer, set_lr
from d2lab.optimizers.clipping import clip_grad_norm_, clip_grad_value_
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.optimizers.loss_scale import LossScaler
from d2lab.optimizers.muon import Muon, MuonAdamW, orthogonalize
from d2lab.optimizers.proximal import ProximalSGD, soft_threshold
from d2lab.optimizers.schedule import lr_scale
from d2lab.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "AveragedModel",
    "LossScaler",
    "Muon",
    "MuonAdamW",
    "OptimizerConfig",
    "ProximalSGD",
    "RMSprop",
    "ScheduleConfig",
    "build_optimizer",
    "clip",
    "clip_grad_norm_",
    "clip_grad_value_",
    "ema",
    "lr_scale",
    "orthogonalize",
    "scratch_optimizer",
    "set_lr",
    "soft_threshold",
]
