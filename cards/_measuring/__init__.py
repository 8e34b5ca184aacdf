"""How good predictions are: figures, how sure they are, and the pictures that explain them."""
