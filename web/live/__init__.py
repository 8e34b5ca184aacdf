"""Open pipelines: they live in the server and outlive every page that shows them."""
