"""What people see: the pages, drawn from the sessions, and what they can do on them."""
