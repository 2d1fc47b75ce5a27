"""What keeps a bill from being paid twice: overlapping stays, invoices, items above their daily limit."""
