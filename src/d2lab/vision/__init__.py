"""Images on their way to a model: read, augmented, resized, scaled; and the boxes of objects in them."""
