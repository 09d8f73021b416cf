"""From the settings of data to images."""

from __future__ import annotations

from irnet.experiments.training.folder import folder_of
from irnet.experiments.training.images import Gratings, Images, bundled_crops
from irnet.experiments.training.settings import Data


def images_of(settings: Data) -> Images:
    """The images that settings ask for.

    Raises
    ------
    ValueError
        If there are too few pictures or classes, or a file is broken; the sentence names the place.

    Examples
    --------
    >>> images, labels = images_of(Data(size=75)).batch(seed=0, step=0, size=4)
    >>> images.shape, labels.shape
    (torch.Size([4, 3, 75, 75]), torch.Size([4]))
    """
    if settings.kind == "gratings":
        return Gratings(settings)
    if settings.kind == "crops":
        return bundled_crops(settings)
    return folder_of(settings)
