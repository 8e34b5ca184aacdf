"""The cards that come with TensorRag: a pack like any other, found by its entry point.

Every public module here is searched for cards. Heavy libraries are imported inside ``run``.
"""
