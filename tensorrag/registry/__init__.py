"""Finds cards: installed packs by their entry points, and single files in a drop-in folder."""
