"""What every measurement uses: subprocesses, their memory and time, the machine's description, the model."""
