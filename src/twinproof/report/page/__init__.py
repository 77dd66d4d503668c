"""The report's page, made from tables section by section. Opens offline."""
