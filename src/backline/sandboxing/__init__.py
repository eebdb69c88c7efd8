"""Commands of accounts as tasks: the sandbox is made ready, the command runs, the home is kept."""
