"""The built-in model: OpenAI realtime, and every server that speaks its protocol."""
