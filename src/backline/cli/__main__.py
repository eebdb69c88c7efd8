"""``python -m backline.cli``: the command line without its installed script."""

from backline.cli.app import main

if __name__ == "__main__":
    main()
