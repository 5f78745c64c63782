"""Users' linked accounts: encrypted grants, fresh tokens, and the account plugins' routes."""
