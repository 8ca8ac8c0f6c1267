"""What a bundle learns, beside its peers: the parts of `training.py` and `carry_over.py`."""
