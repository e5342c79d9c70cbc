"""Files of tweets: CSV and Parquet, plain or packed."""
