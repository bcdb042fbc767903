"""What papers and published codes leave to choose: each is a setting, and its default is the one decided on."""

import pytest

from sonosift.methods import registry

# Setting -> default, where it comes from, and what else can be chosen (what paper and code differ in, or an option).
SPECIFIED = {
    "pica": {
        "balance": ("entropy", "paper", ["dirichlet"]),
        "balance_weight": (2.0, "paper", [0.5, 10.0]),
        "alpha": (1.1, "ours", [1.3]),
        "swapped_views": (False, "code", [True]),
        "over_clusters": (0, "ours", [70]),
        "channels": (1, "ours", [2, 3]),
        "repeats": (1, "ours", [3]),
        "strong_view": ("pica", "code", ["semantic"]),
        "exams_per_batch": (16, "paper", [4]),
        "max_images_per_exam": (None, "ours", [6]),
        "image_size": (224, "ours", [64]),
        "scaling": ("imagenet", "ours", ["unit"]),
        "weight_decay": (0.0, "code", [1e-4]),
    },
    "simclr": {
        "view": ("fusc-simclr", "code", ["crop"]),
        "symmetric": (True, "ours", [False]),
        "temperature": (0.1, "code", [0.5]),
        "projection": (128, "code", [256]),
        "learning_rate": (0.4, "code", [0.1]),
        "batch_size": (512, "code", [64]),
        "epochs": (500, "code", [10]),
        "scaling": ("imagenet", "ours", ["unit"]),
    },
    "moco": {
        "queue": (4096, "ours", [65536]),
        "momentum": (0.999, "code", [0.99]),
        "temperature": (0.2, "code", [0.07]),
        "learning_rate": (0.03, "code", [0.01]),
        "batch_size": (256, "code", [64]),
        "view": ("moco-v2", "code", ["semantic"]),
    },
    "dino": {
        "backbone": ("vit_small_patch16_224", "paper", ["resnet18"]),
        "local_crops": (8, "code", [0]),
        "prototypes": (65536, "code", [4096]),
        "fixed_last_norm": (True, "code", [False]),
        "first_teacher_temperature": (0.04, "code", [0.02]),
        "drop_path": (0.1, "code", [0.0]),
        "clip": (3.0, "code", [0.0]),
        "frozen_last_layer_epochs": (1, "code", [0]),
        "momentum": (0.996, "code", [0.99]),
    },
    # The table of USCL's paper against its code, and the rotation that its text alone has.
    "uscl": {
        "chronological": (True, "paper", [False]),
        "shared_mixing": (False, "paper", [True]),
        "mix_after_augment": (False, "paper", [True]),
        "classifier_sees": ("features", "paper", ["projection"]),
        "label_views": ("mean", "paper", ["sum"]),
        "label_normaliser": ("labelled", "code", ["all"]),
        "schedule": ("cosine", "code", ["constant"]),
        "projection_bias": (True, "code", [False]),
        "passes": (1, "paper", [2]),
        "view": ("uscl", "code", ["uscl-rotated"]),
        "keep": ("best", "code", ["last"]),
        "scaling": ("half", "code", ["imagenet"]),
        "frames_per_second": (3.0, "paper", [None]),
        "label_rate": (1.0, "ours", [0.01, 0.1]),
        "label_weight": (0.2, "paper", [0.0]),
    },
    "deepcluster": {
        "channels": (2, "code", [1, 3]),
        "components": (256, "code", [64]),
        "iterations": (20, "code", [5]),
        "top_spread": (0.01, "code", [0.1]),
        "momentum": (0.9, "code", [0.0]),
        "clusters": (120, "paper", [15]),
        "learning_rate": (0.05, "code", [0.01]),
        "batch_size": (256, "code", [64]),
    },
    "context-encoder": {
        "metadata": (True, "paper", [False]),
        "metadata_control": ("none", "ours", ["shuffled"]),
        "wrong_tags": (0.0, "ours", [0.1, 0.3]),
        "adversarial_weight": (0.01, "paper", [0.001]),
        "decoder_widths": ((256, 128, 64, 32), "ours", [(16, 8, 8, 4)]),
        "pool": ("sum", "code", ["mean"]),
        "spectral": (False, "ours", [True]),
        "keep": ("best", "paper", ["last"]),
        "image_size": (256, "paper", [224]),
        "image_width": (384, "paper", [None]),
        "learning_rate": (1e-4, "paper", [1e-3]),
        "critic_learning_rate": (1e-5, "paper", [1e-4]),
    },
}


@pytest.mark.parametrize("name", SPECIFIED)
def test_defaults_are_those_decided_on_and_the_others_can_be_chosen(name):
    config = registry.config_of(name, {})
    origins = type(config).origins()
    for setting, (default, origin, others) in SPECIFIED[name].items():
        assert (getattr(config, setting), origins[setting]) == (default, origin), setting
        for other in others:
            assert getattr(registry.config_of(name, {setting: other}), setting) == other


def test_lsd_differs_from_pica_in_its_balance_alone():
    pica, lsd = (registry.config_of(name, {}).model_dump() for name in ("pica", "lsd"))
    assert {key for key in pica if pica[key] != lsd[key]} == {"balance"}
    assert lsd["balance"] == "dirichlet"
