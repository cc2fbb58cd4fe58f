"""An X API in a box: a generated world, bills, rate windows and faults on demand.

It imports nothing else of netwar and has its own prices, books and field tables: otherwise it
would share the client's mistakes instead of finding them.
"""
