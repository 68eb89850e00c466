"""Memory and time of a streamed folder of images as it grows."""
