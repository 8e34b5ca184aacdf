"""Tables: every row in pages from the server, and what is known of their columns."""
