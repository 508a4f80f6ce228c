"""Fraud types: what the files of profiles/fraud_types say, and how a defrauded card is spent then."""
