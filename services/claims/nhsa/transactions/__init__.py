"""The transactions of the interface, one module for each piece of a hospital's work."""
