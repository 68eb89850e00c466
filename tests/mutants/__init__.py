"""Deliberate mistakes: each is one edit of the source, in a stated way, that some test must catch."""
