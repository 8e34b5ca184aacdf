"""The form of a card: what each parameter is set with."""
