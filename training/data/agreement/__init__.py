"""Several annotators: how far they agree, and what they hold together."""
