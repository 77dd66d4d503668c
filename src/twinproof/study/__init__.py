"""What a study asks for: parameters, trials, protocols, records, data. Never imports Keras."""
