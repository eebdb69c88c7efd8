"""Small tasks to try backline with; ``backline dev`` loads them."""

from backline.examples.tasks import always_fails, hello_world, sleep

__all__ = ["always_fails", "hello_world", "sleep"]
