"""An open pipeline as it is edited: what is wrong with it, what would run, and what it costs."""
