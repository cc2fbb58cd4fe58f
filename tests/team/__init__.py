"""A team: Redis and Elasticsearch, several accounts, several hosts."""
