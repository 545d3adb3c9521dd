"""What both backends do alike on a transformers model: loading, padding, losses, log-probabilities, dealing rows."""
