"""Scoring with Ray Data, on many processes or machines: the same table, in other parts."""
