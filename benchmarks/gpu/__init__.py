"""The notes' image classifiers on a GPU, whole: every model to its tenth epoch, in two precisions, over seeds."""
