"""Passages a second: the parts of `scoring.py` and `cost.py`."""
