"""Lets ``python -m sonosift`` do what the ``sonosift`` command does."""

from sonosift.cli import main

main()
