"""What training a model and asking it share, by meaning.

`columns` (which are learnt from), `task` (what the target asks for), `rows` (arrays out of
tables), `preparing` and `estimators` (what is fitted), `training` (fitting it), `copies` (the
answer among the features), `predicting` (what it says of a table), `truth` and `answers` (what is
so, and what it says of that).
"""

from cards._learning.predicting import missing_features, predict, probabilities

__all__ = ["missing_features", "predict", "probabilities"]
