"""The report page, built section by section from the tables. It opens offline."""
