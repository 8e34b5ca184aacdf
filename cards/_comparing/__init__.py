"""Models on the same rows, side by side.

`called` (what each is called), `taking` (how fast and how large each is), `ranking` (who comes
first, and how sure that is), `telling` (what is shown of that).
"""
