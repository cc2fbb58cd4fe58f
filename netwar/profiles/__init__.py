"""Who a user is: look-ups, account status, identity, membership."""
