"""What posts cost by the time that they are bought, and all that comes along with them."""

from __future__ import annotations

from netwar.cli.services import Services


def post_price(services: Services, posts: int) -> tuple[str, int]:
    """What so many posts cost, in words, and at most (micro-dollars): as much as is going to be reserved for them."""
    from netwar.twitter.base import most_of

    full = services.settings.expand == "full"
    least = services.money.price({"post": posts})
    most = services.money.price(most_of(posts, authors=posts, full=full))
    along = "their authors, the posts that they quote or answer and all who are mentioned" if full else ""
    along = along or "their authors and the posts that they quote or answer"
    return f"${least / 1e6:,.2f}, and with {along} up to ${most / 1e6:,.2f}", most
