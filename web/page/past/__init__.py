"""What was: runs of before as they were, and every edit, with the way back."""
