"""One file of scored rows as bytes: its Parquet encoding, its digest, and access to parts of it."""
