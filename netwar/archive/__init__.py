"""Where documents and the ledger of what is complete are kept."""
