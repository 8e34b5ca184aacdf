"""The page of one pipeline, put together: its top bar, its palette, and what a tab is turned to."""
