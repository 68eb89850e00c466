"""d2lab beside the book's own package: the same nets, data and settings, measured in turns."""
