"""What commands show on a terminal: progress, and tables of what was done."""
