"""Where a task's code runs: processes of its own, forked from a warm parent, without secrets."""

from backline.runtime.channel import Channel, ChannelClosed
from backline.runtime.zygote import Child, Zygote
from backline.runtime.zygotes import Zygotes

__all__ = ["Channel", "ChannelClosed", "Child", "Zygote", "Zygotes"]
