"""Stories that the codebook does not know: passages far from what it was taught, in clusters that grow."""
