"""`python -m archcompiler` is `archc`."""

from archcompiler.cli import main

main()
