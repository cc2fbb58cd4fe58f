"""What each program does on a terminal: from its options to its verb, and the line that says what came of it."""
