"""The four durable steps of making a video, a file each."""
