"""Charts: functions that take tables and return Altair charts, shared by the page and the notebooks."""
