"""Tools: how plain functions become something a model can call."""
