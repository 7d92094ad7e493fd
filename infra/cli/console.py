"""The two consoles of the command line: results on stdout, progress and errors on stderr."""

from rich.console import Console

out = Console()
errors = Console(stderr=True)
