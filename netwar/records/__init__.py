"""Reading what X sends into what is kept: pure functions, no input or output."""
