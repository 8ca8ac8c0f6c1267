"""From labelled passages to a tracked, registered model."""
