"""``python -m infra.local.guard HOME``: outlives its parent just long enough to clean up behind it.

Its standard input is a pipe that only the supervisor holds. When the supervisor ends, even by
``kill -9``, the pipe closes, and whatever the record still names is ended. Started by `processes`.
"""

import signal
import sys
from pathlib import Path

from infra.local import leftovers


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    leftovers.reap(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
