"""Takes the shop out of the project: `manage.py demo --remove`.

`plan` lists what belongs to the shop, `pruning` takes out of Python files what needs it, and
`removing` does the work.
"""
