"""How sources go together: how far apart camps are, which sources moved together, and who could have been first."""
