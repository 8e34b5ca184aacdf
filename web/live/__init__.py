"""Open pipelines: they live in the server and outlive every page that shows them.

`session.py` is one of them, put together; `sessions.py` is all that a server has open.
"""
