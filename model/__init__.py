"""What a prediction is: codebook, network, decision, bundle. Knows neither files of passages nor MLflow."""
