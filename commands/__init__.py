"""The commands, thin over plain functions. Heavy imports stay inside them."""
