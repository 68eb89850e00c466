"""Explorers: the ideas of the course that can be moved by hand, and a trained net opened in the browser."""
