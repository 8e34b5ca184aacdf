"""What people change in a pipeline: each action is checked, then one edit."""
