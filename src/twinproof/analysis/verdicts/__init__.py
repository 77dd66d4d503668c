"""Conclusions from the tables: verdicts on twins and timings, the article's claims, and the answer."""
