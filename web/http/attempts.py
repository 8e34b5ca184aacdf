"""Wrong tokens, counted by client: whoever guesses has to wait."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 10
"""Wrong tokens that a client may show at once."""
EVERY = 6.0
"""Seconds after which it may show one more."""
CLIENTS = 1000
"""Clients that are remembered; of more, the one that guessed longest ago is forgotten."""


class Attempts:
    """Remembers who showed wrong tokens lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full: OrderedDict[str, float] = OrderedDict()
        """By client, when all of its attempts will be free again."""

    def wait(self, client: str) -> float:
        """Return the seconds after which a client may try again; 0 if it may now."""
        left = self._full.get(network(client), 0.0) - self._clock()
        return max(0.0, left - (FREE - 1) * EVERY)

    def failed(self, client: str) -> None:
        """Note that a client showed a wrong token."""
        who, now = network(client), self._clock()
        self._full[who] = max(now, self._full.pop(who, now)) + EVERY
        if len(self._full) > CLIENTS:
            self._full.popitem(last=False)


def network(client: str) -> str:
    """Return what counts as one client: of IPv6 the half that its network was given as a whole."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client[:64]
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)
