"""What the operating system provides: child processes that end with their parent, and folders that are exchanged in one step."""
