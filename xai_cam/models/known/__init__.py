"""What is known of a model, kept as plain data: for a run that need not open it."""
