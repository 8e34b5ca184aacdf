"""A pipeline that leaves: written as plain Python, as a notebook, with its data, and verified.

`composing` has the cards write their parts, where cards may be imported; `as_python` and
`notebook` make texts of the parts; `bundle` puts the data beside them; `verifying` runs the script
in a process that has no TensorRag; `figures` tells what a column holds; `comparing` holds what the
script gives against the last run.
"""

from tensorrag.leaving.written import File, Part, Written

__all__ = ["File", "Part", "Written"]
