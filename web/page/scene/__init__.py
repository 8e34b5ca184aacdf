"""What the page knows of a session: read models, made afresh from the truth."""
