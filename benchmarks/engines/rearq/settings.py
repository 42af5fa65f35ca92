"""Django beside ReArq: it asks ReArq's own table what has not ended."""

from benchmarks.engines.rivals import *
