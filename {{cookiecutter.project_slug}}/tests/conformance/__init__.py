"""Real workers and timers, killed, frozen and cut off for real."""
