"""What `make install` puts beside the programs: a page of the manual and shell completion for each, made from its options."""
