"""Programs that try to get out of a sandbox or to outlast its limits, and the world they are let loose on.

Example: `with World(folder) as world: world.attack(sandbox, "fork_bomb")` -> the Outcome; `world.problems` says what
the program got, broke or left behind.
"""
