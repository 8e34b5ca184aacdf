"""The start page: samples, and everyone's own pipelines."""
