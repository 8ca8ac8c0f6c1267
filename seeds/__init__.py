"""Text that the package ships: the six seed passages, the default codebook, the starter corpus."""
