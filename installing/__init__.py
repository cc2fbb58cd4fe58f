"""What is made from the tree: a page of the manual and shell completion for each program, for `make install`, and conf/kibana."""
