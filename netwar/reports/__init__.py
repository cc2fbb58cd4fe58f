"""What is shown of what the recorder knows: coverage, money, rates, tweets found."""
