"""The voice room: one call, from the first byte to the last."""
