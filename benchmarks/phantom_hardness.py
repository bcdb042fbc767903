"""Is the phantom worth learning on? Four checks, split by patient, over several seeds.

(a) k-means on 32x32 pixels may be at most 10 points purer than the majority label combination;
(b) a logistic probe on them must stay under 0.55 weighted F1;
(c) a logistic probe on machine, depth, fan shape and mean brightness may name the label combination at most 5 points
    more often than the majority class;
(d) a ResNet-18 trained from scratch with all labels must reach 0.85 weighted F1.

Run: ``python benchmarks/phantom_hardness.py`` (three quarters of an hour on two idle cores). The table goes to
standard output. ``--cache FILE.npz`` keeps the simulated images between runs.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.scanning.acquisition import Acquisition, ScanFrame, acquire
from sonosift.phantom.scanning.exam_plan import plan_exam
from sonosift.phantom.scanning.scanner import SCANNERS

NAMES = ("liver", "gallbladder", "other", "kidney", "pancreas", "spleen", "bladder")
PIXELS = 128


@dataclass(frozen=True)
class Pictures:
    """What the checks need of a set of images.

    Attributes:
        images: Grey values ``[n, 128, 128]``.
        labels: Zeros and ones ``[n, 7]`` in the order of ``NAMES``.
        patient: Patient number of each image.
        nuisance: Machine, depth, fan shape and mean brightness as numbers ``[n, k]``.
    """

    images: np.ndarray
    labels: np.ndarray
    patient: np.ndarray
    nuisance: np.ndarray

    def combinations(self) -> np.ndarray:
        """Return a number for each image's label combination."""
        return np.unique(self.labels, axis=0, return_inverse=True)[1].ravel()

    def parts(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row numbers for training, validation and test (68, 10 and 22 % of patients)."""
        patients = np.random.default_rng(seed).permutation(np.unique(self.patient))
        first, second = int(0.68 * len(patients)), int(0.78 * len(patients))
        groups = (patients[:first], patients[first:second], patients[second:])
        train, validation, test = (np.flatnonzero(np.isin(self.patient, group)) for group in groups)
        return train, validation, test


def simulate(patients: int, seed: int, workers: int) -> Pictures:
    """Scan ``patients`` bodies, one exam of stills each."""
    with ProcessPoolExecutor(workers) as pool:
        results = list(pool.map(_one_patient, [(seed, number) for number in range(patients)], chunksize=4))
    return Pictures(*(np.concatenate([result[i] for result in results]) for i in range(4)))


def _one_patient(key: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(key)
    body = draw_body(rng)
    machine = int(rng.integers(len(SCANNERS)))
    images, labels, nuisance = [], [], []
    for shot in plan_exam(body, rng, "stills").shots:
        scan = acquire(body, shot.view, SCANNERS[machine], rng, size=(256, 256))
        frame = scan.frames[0]
        images.append(cv2.resize(frame.image, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA))
        labels.append([name in frame.labels for name in NAMES])
        nuisance.append(_nuisance(machine, scan, frame))
    return (
        np.array(images),
        np.array(labels, dtype=np.uint8),
        np.full(len(images), key[1]),
        np.array(nuisance, dtype=np.float32),
    )


def _nuisance(machine: int, scan: Acquisition, frame: ScanFrame) -> list[float]:
    shape = scan.geometry
    return [
        *(float(machine == i) for i in range(len(SCANNERS))),
        *(float(shape.kind == kind) for kind in ("curvilinear", "linear", "phased")),
        scan.depth_mm,
        shape.radius,
        shape.half_angle,
        shape.half_width,
        float(scan.fan.mean()),
        float(frame.image.mean()),
        float(frame.image[scan.fan].mean()),
    ]


def small_pixels(images: np.ndarray) -> np.ndarray:
    """Return the images as rows of 32x32 pixels in [0, 1]."""
    small = [cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA).ravel() for image in images]
    return np.array(small, dtype=np.float32) / 255.0


def purity(clusters: np.ndarray, combinations: np.ndarray) -> float:
    """Return the share of images that belong to the commonest combination of their cluster."""
    table = np.zeros((clusters.max() + 1, combinations.max() + 1))
    np.add.at(table, (clusters, combinations), 1)
    return float(table.max(axis=1).sum() / table.sum())


def weighted_f1(truth: np.ndarray, answer: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the support-weighted F1 and the F1 of each class."""
    hits = (truth & answer).sum(axis=0)
    f1 = 2.0 * hits / np.maximum(truth.sum(axis=0) + answer.sum(axis=0), 1)
    return float((f1 * truth.sum(axis=0)).sum() / truth.sum()), f1


def thresholds(truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return for each class the threshold with the best F1."""
    best = np.full(score.shape[1], 0.5)
    for c in range(score.shape[1]):
        candidates = np.quantile(score[:, c], np.linspace(0.0, 0.995, 120))
        f1 = [weighted_f1(truth[:, [c]], (score[:, [c]] >= t).astype(np.uint8))[1][0] for t in candidates]
        best[c] = candidates[int(np.argmax(f1))]
    return best


def judge(pictures: Pictures, score: np.ndarray, validation: np.ndarray, test: np.ndarray) -> tuple[float, np.ndarray]:
    """Fit thresholds on validation scores and return the weighted and per-class F1 on test."""
    cut = thresholds(pictures.labels[validation], score[validation])
    return weighted_f1(pictures.labels[test], (score[test] >= cut).astype(np.uint8))


def check_k_means(pictures: Pictures, seed: int) -> tuple[float, float]:
    """(a) Return the purity of k-means and the share of the majority combination."""
    from sklearn.cluster import KMeans

    combinations = pictures.combinations()
    clusters = KMeans(combinations.max() + 1, n_init=3, random_state=seed).fit_predict(small_pixels(pictures.images))
    return purity(clusters, combinations), float(np.bincount(combinations).max() / len(combinations))


def check_pixel_probe(pictures: Pictures, seed: int) -> tuple[float, float]:
    """(b) Return the weighted F1 of the pixel probe, and of answering yes to everything."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    train, validation, test = pictures.parts(seed)
    pixels = StandardScaler().fit(small_pixels(pictures.images[train])).transform(small_pixels(pictures.images))
    best = (-1.0, 0.0)
    # The strength of the penalty is chosen on validation, so that the probe is as good as it can be.
    for strength in (1e-4, 1e-3, 1e-2):
        score = np.zeros(pictures.labels.shape)
        for c in range(len(NAMES)):
            probe = LogisticRegression(C=strength, max_iter=300)
            score[:, c] = probe.fit(pixels[train], pictures.labels[train, c]).decision_function(pixels)
        best = max(
            best, (judge(pictures, score, validation, validation)[0], judge(pictures, score, validation, test)[0])
        )
    floor = weighted_f1(pictures.labels[test], np.ones_like(pictures.labels[test]))[0]
    return best[1], floor


def check_nuisance_probe(pictures: Pictures, seed: int) -> tuple[float, float]:
    """(c) Return the accuracy of the nuisance probe, and the share of the majority class, on test."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    train, validation, test = pictures.parts(seed)
    train = np.concatenate([train, validation])
    columns = StandardScaler().fit(pictures.nuisance[train]).transform(pictures.nuisance)
    combinations = pictures.combinations()
    probe = LogisticRegression(max_iter=1000).fit(columns[train], combinations[train])
    majority = np.bincount(combinations[train]).argmax()
    return float(probe.score(columns[test], combinations[test])), float((combinations[test] == majority).mean())


def check_resnet(pictures: Pictures, seed: int, epochs: int, most_images: int) -> tuple[float, np.ndarray]:
    """(d) Return the weighted and per-class F1 of a ResNet-18 trained from scratch."""
    import timm
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    train, validation, test = pictures.parts(seed)
    train = rng.permutation(train)[:most_images]
    images = torch.from_numpy(pictures.images[:, None])
    labels = torch.from_numpy(pictures.labels.astype(np.float32))
    network = timm.create_model("resnet18", num_classes=len(NAMES), in_chans=1).to(memory_format=torch.channels_last)
    batch = 48
    steps = epochs * (len(train) // batch)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps, pct_start=0.2)
    started = time.monotonic()
    for epoch in range(epochs):
        network.train()
        total = 0.0
        for rows in rng.permutation(train)[: len(train) // batch * batch].reshape(-1, batch):
            part = _augment(_scaled(images[rows]))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                output = network(part.to(memory_format=torch.channels_last))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(output.float(), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        if epoch % 3 == 2:
            score = _scores(network, images, np.concatenate([validation, test]), len(pictures.labels))
            value = judge(pictures, score, validation, test)[0]
            print(
                f"  epoch {epoch + 1}: loss {total / (len(train) // batch):.3f}, weighted F1 {value:.3f},"
                f" {time.monotonic() - started:.0f} s",
                flush=True,
            )
    return judge(
        pictures, _scores(network, images, np.concatenate([validation, test]), len(pictures.labels)), validation, test
    )


def _scaled(images):  # noqa: ANN001, ANN202 - tensors, and torch is imported late
    return (images.float() - 40.0) / 50.0


def _augment(images):  # noqa: ANN001, ANN202
    """Mirror, scale, turn and shift each image, and change its gain a little."""
    import torch

    n = len(images)
    zoom = torch.empty(n).uniform_(0.8, 1.2)
    mirror = torch.randint(0, 2, (n,)) * 2.0 - 1.0
    angle = torch.empty(n).uniform_(-0.25, 0.25)
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = zoom * torch.cos(angle) * mirror, -zoom * torch.sin(angle)
    matrix[:, 1, 0], matrix[:, 1, 1] = zoom * torch.sin(angle) * mirror, zoom * torch.cos(angle)
    matrix[:, :, 2] = torch.empty(n, 2).uniform_(-0.12, 0.12)
    grid = torch.nn.functional.affine_grid(matrix, list(images.shape), align_corners=False)
    moved = torch.nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    return moved * torch.empty(n, 1, 1, 1).uniform_(0.8, 1.25)


def _scores(network, images, rows: np.ndarray, count: int) -> np.ndarray:  # noqa: ANN001
    """Return the logits of some rows (the others stay zero), averaged over the image and its mirror image."""
    import torch

    network.eval()
    score = np.zeros((count, len(NAMES)))
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(rows), 96):
            part = rows[start : start + 96]
            batch = _scaled(images[part]).to(memory_format=torch.channels_last)
            score[part] = (network(batch) + network(batch.flip(-1))).float().numpy()
    return score


def load(arguments: argparse.Namespace) -> Pictures:
    """Read the cached images, or simulate them."""
    cache: Path | None = arguments.cache
    if cache is not None and cache.exists():
        with np.load(cache) as stored:
            return Pictures(*(stored[name] for name in ("images", "labels", "patient", "nuisance")))
    pictures = simulate(arguments.patients, arguments.seed, arguments.workers)
    if cache is not None:
        np.savez(
            cache,
            images=pictures.images,
            labels=pictures.labels,
            patient=pictures.patient,
            nuisance=pictures.nuisance,
        )
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=440)
    parser.add_argument("--seed", type=int, default=0, help="seed of the simulated hospital")
    parser.add_argument("--seeds", type=int, default=3, help="number of splits")
    parser.add_argument("--epochs", type=int, default=18, help="of the ResNet; 0 leaves it out")
    parser.add_argument("--resnet-seeds", type=int, default=3)
    parser.add_argument("--most-images", type=int, default=4000, help="to train the ResNet on")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=None)
    arguments = parser.parse_args()
    started = time.monotonic()
    pictures = load(arguments)
    seconds = time.monotonic() - started
    support = ", ".join(f"{name} {share:.1%}" for name, share in zip(NAMES, pictures.labels.mean(axis=0), strict=True))
    combinations = pictures.combinations()
    print(f"{len(pictures.images)} images of {len(np.unique(pictures.patient))} patients ({seconds:.0f} s)")
    print(f"share of images: {support}")
    print(f"K = {combinations.max() + 1} label combinations\n")
    for i in np.bincount(combinations).argsort()[::-1][:12]:
        row = pictures.labels[combinations == i][0]
        print(f"  {(combinations == i).mean():6.1%}  {' + '.join(n for n, v in zip(NAMES, row, strict=True) if v)}")
    print("\n| check | per seed | beside it | limit |\n|---|---|---|---|")
    seeds = range(arguments.seeds)
    _row(
        "(a) purity of k-means, 32x32",
        [check_k_means(pictures, s) for s in seeds],
        "majority combination",
        "at most 0.10 above",
    )
    _row(
        "(b) logistic probe, 32x32, weighted F1",
        [check_pixel_probe(pictures, s) for s in seeds],
        "yes to everything",
        "under 0.55",
    )
    _row(
        "(c) nuisance probe, accuracy",
        [check_nuisance_probe(pictures, s) for s in seeds],
        "majority class",
        "within 0.05",
    )
    if arguments.epochs:
        import torch

        torch.set_num_threads(arguments.threads)
        # A line per seed as it ends: hours of training are not lost when the last one is stopped.
        for split in range(arguments.resnet_seeds):
            value, classes = check_resnet(pictures, split, arguments.epochs, arguments.most_images)
            each = ", ".join(f"{name} {f1:.2f}" for name, f1 in zip(NAMES, classes, strict=True))
            print(f"| (d) ResNet-18, seed {split}, weighted F1 | {value:.3f} | {each} | at least 0.85 |", flush=True)


def _row(name: str, results: list[tuple[float, float]], beside: str, limit: str) -> None:
    values = ", ".join(f"{value:.3f}" for value, _ in results)
    reference = ", ".join(f"{value:.3f}" for _, value in results)
    print(f"| {name} | {values} | {beside}: {reference} | {limit} |", flush=True)


if __name__ == "__main__":
    main()
