"""From a pretrained backbone and unlabelled passages to a backbone that knows their language."""
