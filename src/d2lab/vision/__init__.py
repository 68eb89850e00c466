"""Images on their way to a model: read, augmented, resized, scaled."""
