"""How yes and no are written, in small letters."""

YES = ("true", "yes", "y", "t", "1", "on")
NO = ("false", "no", "n", "f", "0", "off")
