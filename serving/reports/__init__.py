"""A shift folder as a page that an analyst reads and a reviewer trusts."""
