"""Spoken requests, as whole calls to the keyless assistant."""
