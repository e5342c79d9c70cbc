"""Operating system services: child processes that end with their parent, and the atomic swap of two folders."""
