"""`python -m markerd`."""

from markerd.cli import main

if __name__ == "__main__":
    main()
