"""The pages of what is set for the whole workspace, Modal among it."""
