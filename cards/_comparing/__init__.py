"""Models on the same rows, side by side.

`called` (what each is called), `taking` (how fast and how large each is), `resampling` (how sure
a metric and a lead are), `ranking` (who comes first), `telling` (what is shown of that).
"""
