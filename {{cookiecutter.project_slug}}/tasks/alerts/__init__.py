"""Tells people what went wrong: once, then again after a while with how often.

`watch` looks, `events` and `conditions` are the rules, `record` keeps one row for each thing that
is wrong, `sending` brings the message to where `ALERT_URLS` says.
"""
