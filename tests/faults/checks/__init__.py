"""What must hold after everything has healed. Each check is named, and each has been seen to fail."""
