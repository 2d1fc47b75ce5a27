"""The offices through which a county's money passes, as clients that go on when they know the outcome."""
