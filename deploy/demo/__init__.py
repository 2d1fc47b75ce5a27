"""Sample county 990101, its visits, a hospital simulator, and the demonstration that runs them over HTTP."""
