"""What our requests promise, held against what the services publish about themselves."""
