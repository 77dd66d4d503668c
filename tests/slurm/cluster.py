"""A cluster of one node: a real Slurm in one directory, reachable only on loopback, with simulated GPUs.

Its programs run as children of this process, so that each can be stopped by its pid, also when a test needs a node or
a controller to fail.
"""

import os
import re
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from tests.conftest import until

# Where Slurm's commands look. Snakemake's jobs drop SLURM_CONF, so no other place works.
CONFIGURATION = Path("/etc/slurm")
FILES = ("slurm.conf", "gres.conf")
# Part of the path of every cluster's directory; it identifies the links that a killed run left.
MARK = "twinproof-cluster"
CLUSTER = "twinproof"

SLURM_CONF = """\
ClusterName={cluster}
SlurmctldHost={node}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=20
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_min_interval=0,bf_interval=1,batch_sched_delay=0,sched_interval=1,defer_batch
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
SlurmdTimeout=10
ReturnToService=2
MinJobAge=3600
InactiveLimit=0
KillWait=2
GresTypes=gpu
NodeName={node} NodeAddr=127.0.0.1 CPUs={cores} Boards=1 SocketsPerBoard=1 CoresPerSocket={cores} ThreadsPerCore=1 \
RealMemory={memory} Gres=gpu:fake:2 State=UNKNOWN
PartitionName=batch Nodes={node} Default=YES MaxTime=1-0 State=UP
PartitionName=accelerated Nodes={node} MaxTime=1-0 State=UP
"""
# Slurm needs a device for each GPU; it does not check what it is.
GRES_CONF = "NodeName={node} Name=gpu Type=fake File=/dev/tty[0-1]\n"


class Cluster:
    """A cluster with the partitions `batch` and `accelerated`, and what tests do with it."""

    def __init__(self, folder: Path, cores: int = 8, memory: int = 32000) -> None:
        """Prepare a cluster in a folder; cores and memory, in MiB, may be more than the machine has."""
        self.folder = folder / MARK
        self.cores = cores
        self.node = socket.gethostname().partition(".")[0]
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        for place in (self.folder, self.folder / "state", self.folder / "spool"):
            place.mkdir()
            place.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        controller_port, node_port = _free_ports(2)
        own = {
            "cluster": CLUSTER,
            **{"folder": self.folder, "node": self.node, "cores": cores, "memory": memory},
            **{"controller_port": controller_port, "node_port": node_port},
        }
        for name, content in zip(FILES, (SLURM_CONF, GRES_CONF), strict=True):
            (self.folder / name).write_text(content.format(**own))

    def __enter__(self) -> Self:
        """Start the cluster, and wait for its node."""
        _take_place(self.folder)
        try:
            self._start(
                "munged", "--foreground", "--force", "--num-threads=4",
                *(f"--{what}-file={self.folder}/munge.{what}" for what in ("key", "pid", "log", "seed")),
                f"--socket={self.folder}/munge.socket",
            )  # fmt: skip
            until((self.folder / "munge.socket").exists)
            self._start("slurmctld", "-D", "-c", "-f", self.folder / "slurm.conf")
            self.start_node()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel the jobs, stop the cluster, and remove the links to its configuration."""
        with suppress(subprocess.SubprocessError, AssertionError):
            self.ask("scancel", "--user=root")
            until(lambda: not self.ask("squeue", "--noheader"), 10)
        for program in reversed(list(self._programs)):
            self._stop(program)
        for name in FILES:
            (CONFIGURATION / name).unlink(missing_ok=True)

    def start_node(self) -> None:
        """Start the node."""
        self._start("slurmd", "-D", "-f", self.folder / "slurm.conf")
        until(lambda: self.node_state() in ("idle", "mixed", "allocated"))

    def fail_node(self) -> None:
        """Kill the node and what runs on it, like a power loss; its controller notices after some seconds."""
        self._programs.pop("slurmd").kill()
        tasks = [process for process in psutil.process_iter() if _cluster_of(process) == CLUSTER]
        # First those that would report the end of the others.
        for process in (*filter(None, {_watcher_of(task) for task in tasks}), *tasks):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def node_state(self) -> str:
        """Return `idle`, `mixed`, `allocated`, `down` and so on, with a star if the node does not answer."""
        with suppress(subprocess.SubprocessError):
            return self.ask("sinfo", "--noheader", "--format=%T").partition("\n")[0]
        return "unknown"

    def ask(self, *command: str) -> str:
        """Return what one of Slurm's commands prints."""
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        return done.stdout.strip()

    def jobs_of(self, folder: Path, comment: str = "") -> list[dict[str, str]]:
        """Return what Slurm knows about each job of a study whose comment starts with this, first to last."""
        lines = self.ask("scontrol", "--oneliner", "show", "job").splitlines()
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
        jobs = [job for job in jobs if job.get("WorkDir") == str(folder) and job["Comment"].startswith(comment)]
        return sorted(jobs, key=lambda job: int(job["JobId"]))

    def _start(self, program: str, *arguments: str | Path) -> None:
        with (self.folder / f"{program}.out").open("ab") as out:
            command = [shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") or program, *arguments]
            self._programs[program] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def _stop(self, program: str) -> None:
        process = self._programs.pop(program)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _cluster_of(process: psutil.Process) -> str | None:
    """Return the name of the cluster that runs the job of a process."""
    with suppress(psutil.Error):
        return process.environ().get("SLURM_CLUSTER_NAME")
    return None


def _watcher_of(task: psutil.Process) -> psutil.Process | None:
    """Return the process that reports to the controller how a task of a job ended."""
    with suppress(psutil.Error):
        parent = task.parent()
        return parent if parent and parent.name().startswith("slurmstepd") else None
    return None


def _take_place(folder: Path) -> None:
    """Link the configuration to where Slurm's commands look, unless that place is in use."""
    forget_killed_cluster()
    for name in FILES:
        place = CONFIGURATION / name
        if _is_ours(place):
            raise RuntimeError(f"{place}: another run of these tests has a cluster on this machine; wait for its end")
        if place.exists():
            raise RuntimeError(f"{place}: this machine has a Slurm of its own, which these tests leave alone")
        place.symlink_to(folder / name)


def forget_killed_cluster() -> None:
    """Remove the links of a cluster whose tests were killed: every Snakemake would wait nine seconds for it."""
    left = [place for place in (CONFIGURATION / name for name in FILES) if _is_ours(place)]
    if left and subprocess.run(["scontrol", "ping"], capture_output=True, timeout=60).returncode:
        for place in left:
            place.unlink()


def _is_ours(place: Path) -> bool:
    return place.is_symlink() and MARK in place.readlink().parts


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
