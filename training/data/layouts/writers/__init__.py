"""Layouts as they are written."""
