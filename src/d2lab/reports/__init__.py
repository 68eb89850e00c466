"""Reports on a run or a model: summary, features, curves, augmentation."""
