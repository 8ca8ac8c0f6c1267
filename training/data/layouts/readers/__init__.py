"""Layouts of labelling tools and shared tasks as they are read."""
