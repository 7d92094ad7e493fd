"""The month's open prompt: one question about feelings, never about features, that invites the note."""

from careloop.prompts.current import CurrentPrompt, current

__all__ = ["CurrentPrompt", "current"]
