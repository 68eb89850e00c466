"""Explorers: the ideas of the course that can be moved by hand, and a trained model opened in the browser."""
