"""The web room: the server and its routes."""
