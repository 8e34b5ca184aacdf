"""What a trained model goes by: which columns it uses, how, and what may be read out of that."""
