"""The log of the server: written without secrets, and read entry by entry."""
