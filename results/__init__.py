"""Published tables (`paper/`) and recorded runs (`reference/`)."""
