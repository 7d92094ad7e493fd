"""``review.html``: the month's reading for product teams, from the published tables alone. See `page`."""

from careloop.publish.review.page import page

__all__ = ["page"]
