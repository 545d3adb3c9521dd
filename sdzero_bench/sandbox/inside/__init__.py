"""What runs at the root of a sandbox's process tree: standard library only, started as `python -I -S`.

Example: `keeper.main` reads {"argv": ["python3", "/box/program.py"], ...} from a socket, starts that program with no
rights, watches it and reports {"stop": "exited", "code": 0, "cpu": 0.03}. These files import nothing from the rest of
the package and nothing heavy: they are part of what every judged program costs to start.
"""
