"""Reads files of labelled tweets: CSV or Parquet, plain, gzip or zip."""
