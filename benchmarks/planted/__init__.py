"""Texts and series whose truth is known: the parts of `shift.py`, `prevalence.py` and `relations.py`."""
