"""One-stop settlement (一站式结算): one set-based path for single visits, batches and previews."""
