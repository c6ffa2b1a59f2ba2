"""Where facts become sentences."""
