"""Where cards run, whether they fit there, and what that costs."""
