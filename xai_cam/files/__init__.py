"""Files written whole or not at all, with their provenance; rows of results, the cache, threads in order."""
