"""Released weights from the Hugging Face Hub; the package is an optional extra."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from logging import ERROR, getLogger
from pathlib import Path
from shutil import copyfile
from types import MappingProxyType

REPOSITORIES: Mapping[str, str] = MappingProxyType(
    {
        "inception_v4.tf_slim": "timm/inception_v4.tf_in1k",
        "inception_resnet_v2.tf_slim": "timm/inception_resnet_v2.tf_in1k",
        "inception_v3.torchvision": "timm/inception_v3.tv_in1k",
    }
)
FILE = "model.safetensors"


def fetch(name: str, out: Path | None = None) -> Path:
    """The file that timm released of a preset, from the Hub or its cache, copied to `out` where one is given.

    Raises
    ------
    ValueError
        In one sentence, if there is none, huggingface_hub is missing, or the Hub can't be reached.
    """
    if name not in REPOSITORIES:
        raise ValueError(f"no released file of {name} is known; there are some of {', '.join(REPOSITORIES)}")
    try:
        download = import_module("huggingface_hub").hf_hub_download
    except ImportError:
        raise ValueError("fetching weights needs huggingface_hub: pip install huggingface_hub") from None
    log = getLogger("huggingface_hub")
    level = log.level
    try:
        log.setLevel(ERROR)  # it would tell of every attempt
        file = Path(download(repo_id=REPOSITORIES[name], filename=FILE))
    except Exception as error:  # its own errors, and those of whatever it fetches with
        raise ValueError(
            f"{REPOSITORIES[name]} could not be fetched from the Hugging Face Hub ({type(error).__name__}): "
            "is this machine offline?"
        ) from None
    finally:
        log.setLevel(level)
    if out is None:
        return file
    copyfile(file, out)
    return out
