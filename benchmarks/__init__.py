"""This project's task engine beside what a user would pick instead: `make benchmark`."""
