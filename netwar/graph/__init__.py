"""The graph of interactions: who mentions, retweets, quotes and answers whom, with which tags and links."""
