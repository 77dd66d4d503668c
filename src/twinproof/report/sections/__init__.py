"""What the page shows, made from tables section by section."""
