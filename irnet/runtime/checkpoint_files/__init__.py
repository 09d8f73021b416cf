"""Files of tensors, opened without trust: what they declare is checked before anything is read."""

from irnet.runtime.checkpoint_files.checkpoint import Checkpoint
from irnet.runtime.checkpoint_files.open_file import open_checkpoint

__all__ = ["Checkpoint", "open_checkpoint"]
