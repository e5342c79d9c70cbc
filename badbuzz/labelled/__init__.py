"""Files of labelled tweets: CSV, Parquet, plain or packed."""
