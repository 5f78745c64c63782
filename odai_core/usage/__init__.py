"""What the assistant uses, what that costs, and how much of it a user may have in a day."""
