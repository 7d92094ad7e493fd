"""``python -m infra.cli``: the same as ``careloop``, for processes that the stack starts itself."""

from infra.cli.main import main

main()
