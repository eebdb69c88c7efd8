"""Every endpoint of the API, as clients see it."""

from backline.api.operations.operation import Operation, Schema
from backline.api.operations.table import OPERATIONS

__all__ = ["OPERATIONS", "Operation", "Schema"]
