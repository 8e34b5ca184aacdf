"""A stand-in for Modal on 127.0.0.1, for the real SDK and real containers as processes."""
