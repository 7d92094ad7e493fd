"""The command line: the one composition root. It may import every room; no room imports it."""
