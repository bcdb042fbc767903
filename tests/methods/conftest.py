import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    # Tiny networks gain nothing from a second thread, and lose much where the core is taken.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
