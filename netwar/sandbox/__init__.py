"""An X API in a box: a generated world, bills, rate windows and faults on demand."""
