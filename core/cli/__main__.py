"""`python -m core.cli` is `cuspid`."""

from core.cli import main

main()
