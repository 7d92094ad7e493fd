"""The embedded inbox: takes every mail that careloop sends, keeps it, shows it, and relays nothing."""

from infra.local.inbox.service import service

__all__ = ["service"]
