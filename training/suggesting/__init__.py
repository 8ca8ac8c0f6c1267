"""Which unlabelled passages to annotate next."""
