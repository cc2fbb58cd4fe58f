"""The invented world: who is in it, what they post, whom they follow, as one seed makes it."""
