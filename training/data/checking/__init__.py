"""One report of all that is wrong or doubtful about labelled passages: one check a file."""
