"""Proof that the conformance kit finds what it is there to find: a good plugin, spoiled in one place at a time."""
