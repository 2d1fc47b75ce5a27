"""What the demonstration prints: plain values in, rich tables in Chinese out. Pure."""
