"""A campaign of faults: commands are killed, starved and crowded, and go on; what is left is compared.

`python -m faults` runs it; every command of a scenario runs once undisturbed, then again and again with a
fault. After each fault, and again after the same command has gone on, the folder is compared with that of the
undisturbed run. A loss is an input that changed, a file under its final name that is neither whole nor that
of the undisturbed run, a row that is wrong or doubled, or a run that cannot go on.
"""
