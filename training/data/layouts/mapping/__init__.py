"""From a layout's own words to the labels of a codebook."""
