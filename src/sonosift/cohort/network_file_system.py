"""Refuse SQLite on a network file system: its locks do not hold there, and a damaged database is found too late."""

from __future__ import annotations

from pathlib import Path

from sonosift.errors import SonosiftError

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smbfs", "smb3", "afs", "afpfs", "webdav", "lustre", "gpfs", "beegfs", "ceph", "glusterfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.davfs2", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse"}
)


def file_system_of(path: Path) -> str:
    """Return the type of the file system that ``path`` lies on, empty if the system does not say."""
    import psutil

    place = path.resolve()
    mounted = {Path(partition.mountpoint): str(partition.fstype) for partition in psutil.disk_partitions(all=True)}
    for folder in (place, *place.parents):
        if folder in mounted:
            return mounted[folder]
    return ""


def refuse_network_file_system(folder: Path, hint: str) -> None:
    """Raise if ``folder`` lies on a network file system."""
    kind = file_system_of(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        raise SonosiftError(f"{folder} lies on a network file system ({kind}), where SQLite loses annotations", hint)
