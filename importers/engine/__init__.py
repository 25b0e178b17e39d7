"""One run, from start to finish. Knows no vendor and no storage."""
