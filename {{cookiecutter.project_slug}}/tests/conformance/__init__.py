"""What every engine promises: real workers and timers, killed, frozen and cut off for real."""
