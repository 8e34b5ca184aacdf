"""What is drawn of results: charts, networks, and what can be moved in them."""
