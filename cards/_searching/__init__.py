"""Searching for good hyperparameters, by meaning.

`space` (what is varied, and over which range), `study` (which values are tried next, and when a
trial is given up), `judging` (how good a model is on rows that it did not learn from), `networks`
(how good a network is), `apart` (trials in processes of their own), `carrying_out`
(threads, progress, what is kept), `findings` (the table of trials, and what is shown of it),
`settings` (what both cards can be set to).
"""
