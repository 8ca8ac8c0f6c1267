"""Several processes that learn one network together."""
