"""Changes to the program that lose data or money, and which tests notice each of them."""
