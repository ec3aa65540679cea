"""The mixing console as a model: values, analysis, signal processing, estimators."""
