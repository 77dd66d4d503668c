"""What tables say: verdicts on twins and timings, the article's claims, and the answer."""
