"""What the demonstration does, one module per step; everything over the public HTTP interfaces."""
