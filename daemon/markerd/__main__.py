"""The entry point of `python -m markerd`."""

from markerd.cli.app import main

if __name__ == "__main__":
    main()
