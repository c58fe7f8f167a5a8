"""What every app runs as on this machine.

| file | what |
|---|---|
| `processes.py` | children: started, watched, restarted, and never left behind |
| `watcher.py` | runs one child, and ends it when its parent is gone |
| `memory.py` | how much memory a child holds |
| `trees.py` | a target's bundle made to run here |
| `pythons.py` | the Python of a target on this machine, or what stands in for it |
"""
