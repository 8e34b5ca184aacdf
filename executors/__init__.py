"""Where cards run."""
