"""Sample data sets, and what is known of them without opening a file.

    >>> sample("boston_housing").rows
    50000

Importing this loads no table library: read the file at `Sample.path` with the one at hand.
"""

from collections.abc import Mapping

from sample_data.catalogue import Kind, Sample, SampleColumn, Task, read_catalogue

__all__ = ["SAMPLES", "Kind", "Sample", "SampleColumn", "Task", "sample"]

SAMPLES: Mapping[str, Sample] = read_catalogue()
"""Every sample by name; `boston_housing`, with which the editor opens, comes first."""


def sample(name: str) -> Sample:
    """Return the sample called `name`.

    Raises:
        KeyError: there is none; the message names those that there are.
    """
    try:
        return SAMPLES[name]
    except KeyError:
        known = ", ".join(SAMPLES)
        raise KeyError(f"There is no sample called {name!r}. There are: {known}.") from None
