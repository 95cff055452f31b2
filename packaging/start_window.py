"""Entry point of the packaged window."""

from desktop.__main__ import main

if __name__ == "__main__":
    main()
