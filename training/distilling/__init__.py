"""From a bundle and unlabelled passages to its student."""
