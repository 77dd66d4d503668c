"""What a study consists of: parameters, trials, protocols, records, data. Never imports Keras."""
