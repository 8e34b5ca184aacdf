"""What everybody sees who looks at an open pipeline, and what is sent when that changes."""
