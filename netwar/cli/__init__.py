"""What every program shares: options, services, errors, signals, progress."""
