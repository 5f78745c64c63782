"""The text assistant: an orchestrator with every connector as a hand-off, and one chat's life."""
