"""The archive in Elasticsearch or OpenSearch, for teams and for Kibana."""
