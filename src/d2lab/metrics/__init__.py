"""Metrics: summed on the device, merged between processes, read once at the end."""

from d2lab.metrics.anchors import AnchorErrors
from d2lab.metrics.classification import (
    Accuracy,
    ConfusionMatrix,
    accuracy,
    confusion,
    correct,
    per_class_accuracy,
    top_k_correct,
)
from d2lab.metrics.curve import PrecisionRecall, average_precision, precision_recall
from d2lab.metrics.detection import COCO_SIZES, COCO_THRESHOLDS, AveragePrecision
from d2lab.metrics.language import Perplexity
from d2lab.metrics.mask_precision import MaskAveragePrecision
from d2lab.metrics.metric import Metric
from d2lab.metrics.paired import Mean, bootstrap_interval, mean_interval, paired, sign_chance
from d2lab.metrics.regression import RegressionErrors, RegressionSums, RootErrors, regression_sums
from d2lab.metrics.segmentation import MeanIoU, per_class_iou

__all__ = [
    "COCO_SIZES",
    "COCO_THRESHOLDS",
    "Accuracy",
    "AnchorErrors",
    "AveragePrecision",
    "ConfusionMatrix",
    "MaskAveragePrecision",
    "Mean",
    "MeanIoU",
    "Metric",
    "Perplexity",
    "PrecisionRecall",
    "RegressionErrors",
    "RegressionSums",
    "RootErrors",
    "accuracy",
    "average_precision",
    "bootstrap_interval",
    "confusion",
    "correct",
    "mean_interval",
    "paired",
    "per_class_accuracy",
    "per_class_iou",
    "precision_recall",
    "regression_sums",
    "sign_chance",
    "top_k_correct",
]
