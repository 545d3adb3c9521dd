"""Before anything starts: does a run fit its machine, what would mend it, and how long would a round take."""
