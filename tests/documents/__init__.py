"""The documents for operators: every command in them is run, or, where it needs what a test has not, marked so and linted."""
