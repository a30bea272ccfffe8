"""Follow-up of efforts: who was reached in time, and how programmes keep their targets.

It needs no model, so neither LightGBM nor scikit-learn nor MLflow is ever loaded here.
"""
