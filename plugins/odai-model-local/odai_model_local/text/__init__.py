"""The keyless text model: picks tools as the voice does, and answers with their data as Markdown."""
