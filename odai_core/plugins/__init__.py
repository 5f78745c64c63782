"""The plugin room: what is installed, what became of it, and why."""
