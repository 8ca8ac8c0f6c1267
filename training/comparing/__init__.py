"""Two models or more side by side, as one page."""
