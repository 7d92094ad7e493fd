"""Landing → history → figures → gate → a published version, and reading it. See `careloop.publish.run`."""

from careloop.publish.run import publish
from careloop.publish.steps import Published

__all__ = ["Published", "publish"]
