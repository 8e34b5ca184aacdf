"""Cards: those of one's own, those that came along, and how all are usually wired."""
