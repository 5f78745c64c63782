"""What outlives the process: the only room that knows SQLAlchemy."""
