"""``python -m d2lab`` is ``d2lab``."""

from d2lab.cli.main import main

if __name__ == "__main__":
    main()
