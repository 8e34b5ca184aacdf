"""The inspector: what a card is, what it made, how it is set; or the pipeline's summary."""
