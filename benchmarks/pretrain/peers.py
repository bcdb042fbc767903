"""The other side of the speed tables: LightlySSL as its examples have it, and for PICA a plain torchvision pipeline.

Three grey channels (PIL opens files as RGB), contiguous tensors, one pass per view, the transform in the workers of a
DataLoader: so LightlySSL documents SimCLR and DINO. PICA has no counterpart there: its plain form applies torchvision's
transforms in a Dataset, and takes the loss from here. With bf16 the step runs under autocast, nothing else changes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torchvision
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

from benchmarks.pretrain import frames as images
from benchmarks.pretrain.ours import now
from benchmarks.pretrain.work import Work
from sonosift.losses.pica import pica_loss
from sonosift.training.precision import training_device

Step = Callable[[list[Tensor]], Tensor]


class Peer:
    """A training as its documentation writes it, a few steps at a time."""

    def __init__(self, work: Work) -> None:
        self.work, self.device = work, training_device()
        dataset, model, self.loss_of, self.after = _MAKERS[work.method](work)
        model.to(self.device).train()
        self.optimizer = _OPTIMIZERS[work.method](model)
        self.loader = DataLoader(dataset, batch_size=work.batch, shuffle=True, drop_last=True, num_workers=work.workers)

    def whole(self, steps: int) -> list[float]:
        """Return the seconds of each of ``steps`` steps, after two that are not counted, loader included."""
        times: list[float] = []
        batches = self._batches()
        for _ in range(steps + 2):
            started = now(self.device)
            views = [view.to(self.device) for view in next(batches)]
            with torch.autocast(self.device, torch.bfloat16, enabled=self.work.precision == "bf16"):
                loss = self.loss_of(views)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.after()
            times.append(now(self.device) - started)
        return times[2:]

    def _batches(self) -> Iterator[list[Tensor]]:
        while True:
            for batch in self.loader:
                yield batch[0] if isinstance(batch, list | tuple) and isinstance(batch[0], list | tuple) else batch


Made = tuple[Dataset[Any], nn.Module, Step, Callable[[], None]]


def _resnet() -> nn.Module:
    return nn.Sequential(*list(torchvision.models.resnet18().children())[:-1], nn.Flatten())


def _simclr(work: Work) -> Made:
    from lightly.data import LightlyDataset
    from lightly.loss import NTXentLoss
    from lightly.models.modules import SimCLRProjectionHead
    from lightly.transforms import SimCLRTransform

    dataset = LightlyDataset(str(work.folder / images.FILES), transform=SimCLRTransform(input_size=work.image_size))
    model = nn.Sequential(_resnet(), SimCLRProjectionHead(512, 512, 128))
    criterion = NTXentLoss()
    return dataset, model, lambda views: criterion(model(views[0]), model(views[1])), lambda: None


def _dino(work: Work) -> Made:
    from lightly.data import LightlyDataset
    from lightly.loss import DINOLoss
    from lightly.models.modules import DINOProjectionHead
    from lightly.models.utils import update_momentum
    from lightly.transforms import DINOTransform

    transform = DINOTransform(global_crop_size=work.image_size, local_crop_size=work.local_size)
    dataset = LightlyDataset(str(work.folder / images.FILES), transform=transform)
    # The teacher's head is built anew, as in the example: weight-normalised layers cannot be copied.
    backbone = _resnet()
    teacher = nn.Sequential(copy.deepcopy(backbone), DINOProjectionHead(512, 512, 64, 2048)).requires_grad_(False)
    student = nn.Sequential(backbone, DINOProjectionHead(512, 512, 64, 2048, freeze_last_layer=1))
    criterion = DINOLoss(output_dim=2048, warmup_teacher_temp_epochs=5).to(training_device())
    both = nn.ModuleList([student, teacher])

    def loss(views: list[Tensor]) -> Tensor:
        seen = [teacher(view) for view in views[:2]]
        found: Tensor = criterion(seen, [student(view) for view in views], epoch=0)
        return found

    return dataset, both, loss, lambda: update_momentum(student, teacher, m=0.99)


class _TwoViews(Dataset[list[Tensor]]):
    def __init__(self, folder: Path, size: int) -> None:
        self._paths = sorted(folder.iterdir())
        self._weak = T.Compose([T.RandomCrop(size), T.ToTensor(), T.Normalize([0.449], [0.226])])
        self._strong = T.Compose(
            [
                T.RandomResizedCrop(size, scale=(0.2, 1.0)),
                T.RandomHorizontalFlip(),
                T.ColorJitter(0.4, 0.4),
                T.ToTensor(),
                T.Normalize([0.449], [0.226]),
            ]
        )

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, row: int) -> list[Tensor]:
        image = Image.open(self._paths[row]).convert("L")
        return [self._weak(image), self._strong(image)]


def _pica(work: Work) -> Made:
    backbone = torchvision.models.resnet18(num_classes=20)
    backbone.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    dataset = _TwoViews(work.folder / images.FILES, work.image_size)
    return dataset, backbone, lambda views: pica_loss(backbone(views[0]), backbone(views[1]), 2.0).total, lambda: None


_MAKERS: dict[str, Callable[[Work], Made]] = {"simclr": _simclr, "dino": _dino, "pica": _pica}
_OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    "simclr": lambda model: torch.optim.SGD(model.parameters(), lr=0.06),
    "dino": lambda model: torch.optim.Adam(model.parameters(), lr=0.001),
    "pica": lambda model: torch.optim.Adam(model.parameters(), lr=1e-4),
}
