"""From records to tidy tables, from tables to statistics, from statistics to answers. Never imports Keras."""
