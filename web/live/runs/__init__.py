"""The runs of this server: those that go on, those that wait, and what is known of those before."""
