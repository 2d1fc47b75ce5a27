"""The conformance kit: plays a hospital against any installation and says what holds and what does not."""
