"""Launch profiles: how many processes on which machines, with which engine settings; `launch` and `plan` read them."""
