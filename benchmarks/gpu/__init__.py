"""The notes' image classifiers on a GPU, whole: every net to its tenth epoch, in two precisions, over seeds."""
