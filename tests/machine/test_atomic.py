import pytest

from sonosift.machine import atomic


def test_a_finished_write_is_whole(tmp_path):
    atomic.write_text(tmp_path / "a.txt", "grün")
    assert (tmp_path / "a.txt").read_bytes() == "grün".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "a.txt"
    atomic.write_text(target, "old")
    with pytest.raises(RuntimeError, match="half-way"), atomic.replacing(target) as temporary:
        temporary.write_text("ne")
        raise RuntimeError("half-way")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path):
    (tmp_path / ".a.txt.12345678.part").write_text("half")
    (tmp_path / "b.part").write_text("not ours")
    atomic.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.part"]


def test_leftovers_of_one_file_alone(tmp_path):
    for name in (".a.txt.12345678.part", ".b.txt.12345678.part", "a.txt"):
        (tmp_path / name).write_text("half")
    atomic.remove_leftovers(tmp_path, "a.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.txt.12345678.part", "a.txt"]
