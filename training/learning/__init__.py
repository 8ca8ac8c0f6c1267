"""From passages to weights."""
