"""From a model and a dump to scored tables."""
