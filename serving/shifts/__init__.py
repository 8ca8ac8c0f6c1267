"""Narrative shifts: from scored articles to the dated moment when a source changed its story."""
