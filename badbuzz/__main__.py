"""``python -m badbuzz``."""

from badbuzz.cli.app import main

main()
