"""Labelled passages: read, checked, divided."""
