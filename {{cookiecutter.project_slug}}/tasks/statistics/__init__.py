"""What is counted: what is there now, what has ended, how long it took. All of it from the rows."""
