"""Every data set, one file each: its card, and its `load` where no reader of its file format is there yet."""
