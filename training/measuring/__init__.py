"""From logits to decisions, and figures with their intervals."""
