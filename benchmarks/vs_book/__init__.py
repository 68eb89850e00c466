"""d2lab beside the book's own package: the same models, data and settings, measured interleaved."""
