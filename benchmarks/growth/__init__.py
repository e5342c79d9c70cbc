"""What grows, and what then becomes slower or larger."""
