"""The command line. Each module holds the commands of one purpose and imports engines only when a command runs."""
