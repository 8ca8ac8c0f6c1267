"""When a series changes its level: change points, tested, dated, and what could not have been seen."""
