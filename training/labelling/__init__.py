"""Label raw passages: many cheap voters, weighed against one another."""
