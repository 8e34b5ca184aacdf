"""How the built-in cards write themselves as plain pandas, scikit-learn and torch.

One function for each card, beside those of its kind; `tensorrag.script` says what it gets and
gives. What a script needs that no library has is a short function of its own, written out once.
"""
