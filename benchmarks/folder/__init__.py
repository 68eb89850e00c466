"""Memory and time of a streamed folder of pictures as it grows."""
