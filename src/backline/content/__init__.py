"""Songs in, short vertical videos out. Importing this loads no media library."""
