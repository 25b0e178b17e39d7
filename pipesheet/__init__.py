"""The command line. `main.py` holds the commands; each does its work in a module of its own, loaded when called."""
