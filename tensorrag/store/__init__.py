"""The workspace folder, and everything that is kept in it."""
