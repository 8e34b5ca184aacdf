"""The HTTP interface, and the guard in front of everything."""
