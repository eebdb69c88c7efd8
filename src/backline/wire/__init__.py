"""What travels: the bodies of the HTTP API, shared by server and clients."""
