"""Long tests: workers killed for half an hour, a rolling restart under load, and a backlog of millions of records."""
