"""Pictures on their way to a model: read, changed at random, resized, scaled."""
