"""Results of a run -> one HTML page that opens from disk, with its pictures in a folder beside it."""
