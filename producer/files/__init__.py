"""Reads files of tweets: CSV or Parquet, plain, gzip or zip."""
