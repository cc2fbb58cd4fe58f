"""The board: what runs say of themselves, how they are now and what they did; and what each host's files hold."""
