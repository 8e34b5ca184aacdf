"""Models on the same rows, side by side.

`called` (what each is called), `answering` (what each says of the rows, how fast, and how large it
is), `resampling` (how sure a metric and a lead are), `ranking` (who comes first).
"""
