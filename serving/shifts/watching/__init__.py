"""Follow scores as they grow, and report each new shift once."""
