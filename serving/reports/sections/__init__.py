"""The parts of the page, a file each: `section(folder)` makes it, or None where the folder holds nothing for it."""
