"""Feed-forward networks: described as layers, trained fast, stored as plain arrays.

`layers` is plain Python and may be imported anywhere; `preparing`, `scaling` and `predict` need
NumPy alone. Every other module imports torch, so a card imports it inside `run`.
"""
