"""Shares of labels, corrected for what the classifier gets wrong, with intervals."""
