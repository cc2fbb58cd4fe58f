"""What a run may spend: money by UTC day, requests by rate window."""
