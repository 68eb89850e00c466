"""Pictures on their way to a model: read, resized, scaled."""
