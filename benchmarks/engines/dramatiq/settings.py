"""Django beside Dramatiq: only for the database that nobody asks."""

from benchmarks.engines.rivals import *
