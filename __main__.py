"""`python -m narrashift`: the same as the command `narrashift`."""

from .cli import main

if __name__ == "__main__":
    main()
