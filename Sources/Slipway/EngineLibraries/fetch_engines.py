"""Fetch the engine libraries that Slipway opens at run time.

Every engine library comes out of the framework's own Python wheel, pinned by version and
SHA-256. Only the shared libraries, their licence texts and, where a shim is built against it, its
headers are unpacked, into

    <dest>/<engine>/<version>/lib/

Nothing is fetched that is not named. Wheels are kept in
${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-~/.cache}/slipway}/wheels, so that a second checkout downloads
nothing. pip does the downloading: a mirror or proxy that you have configured for pip is used here
as well.

Run by scripts/fetch-deps in a checkout, and by `slipway engines install` out of the program
itself, which holds this text. Standard library only: this runs before anything is installed.
"""

import argparse
import contextlib
import dataclasses
import fcntl
import fnmatch
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

@dataclasses.dataclass(frozen=True)
class Wheel:
    """One pinned file. `platform`, `python` and `abi` are the three tags of its name."""

    sha256: str
    platform: str
    python: str = "cp311"
    abi: str = "cp311"


@dataclasses.dataclass(frozen=True)
class Engine:
    """What an engine needs out of one wheel.

    `files` maps a path in the wheel to a path under <engine>/<version>/. A pattern (`*` matches
    `/` too) goes to a folder and keeps what follows its last folder without a star:
    `torch/include/*` to `include/` puts `torch/include/c10/x.h` at `include/c10/x.h`.
    """

    package: str
    version: str  # also the name of the directory, without what follows a +
    licence: str
    wheels: dict  # machine, as `uname -m` says it -> Wheel
    files: dict
    links: dict = dataclasses.field(default_factory=dict)  # symlink -> what it points at
    without: tuple = ()  # patterns of paths in the wheel that `files` does not mean
    hint: str = ""  # what to do when pip's own settings do not name a place that has the file
    shim: str = ""  # which of the files of --shim-file builds what the server needs beside it

    @property
    def directory(self):
        return self.version.split("+")[0]


# To add an engine, add a row. To move to a newer version, change the row, then
# Tests/Python/requirements.in as well where the tests compare with the same library.
ENGINES = {
    "onnxruntime": Engine(
        package="onnxruntime",
        version="1.31.1",
        licence="MIT",
        wheels={
            "x86_64": Wheel(
                "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f",
                "manylinux_2_28_x86_64",
            ),
            "aarch64": Wheel(
                "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3",
                "manylinux_2_28_aarch64",
            ),
        },
        files={
            "onnxruntime/capi/libonnxruntime.so.1.31.1": "lib/libonnxruntime.so.1.31.1",
            "onnxruntime/LICENSE": "LICENSE",
            "onnxruntime/ThirdPartyNotices.txt": "ThirdPartyNotices.txt",
        },
        links={
            "lib/libonnxruntime.so.1": "libonnxruntime.so.1.31.1",
            "lib/libonnxruntime.so": "libonnxruntime.so.1",
        },
    ),
    "tensorflow": Engine(
        package="tensorflow-cpu",
        version="2.21.0",
        licence="Apache-2.0",
        wheels={
            # scripts/tensorflow-stubs takes Python modules out of the same file.
            "x86_64": Wheel(
                "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
                "manylinux_2_27_x86_64",
            ),
        },
        files={
            "tensorflow/libtensorflow_cc.so.2": "lib/libtensorflow_cc.so.2",
            "tensorflow/libtensorflow_framework.so.2": "lib/libtensorflow_framework.so.2",
            "tensorflow/include/LICENSE": "LICENSE",
            "tensorflow/THIRD_PARTY_NOTICES.txt": "THIRD_PARTY_NOTICES.txt",
        },
    ),
    "torch": Engine(
        package="torch",
        version="2.13.0+cpu",
        licence="BSD-3-Clause",
        wheels={
            "x86_64": Wheel(
                "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
                "manylinux_2_28_x86_64",
            ),
        },
        files={
            "torch/lib/*.so*": "lib/",
            "torch/include/*": "include/",
            "torch-2.13.0+cpu.dist-info/licenses/*": "licenses/",
        },
        without=(
            "torch/lib/libtorch_python.so",
            "torch/lib/*test.so",
            "torch/lib/libbackend_with_compiler.so",
        ),
        hint=(
            "pip's own index has PyTorch for GPUs only. Name PyTorch's index of CPU wheels to pip: "
            "its address is on pytorch.org under 'Get started', CPU; set it in PIP_EXTRA_INDEX_URL."
        ),
        shim="scripts/build-torch-shim",
    ),
    "mxnet": Engine(
        package="mxnet",
        version="1.9.1",
        licence="Apache-2.0",
        wheels={
            "x86_64": Wheel(
                "65d5dac162c87a14d138d888b54494d515036d9047ae804ff51f770bd02197a6",
                "manylinux2014_x86_64",
                python="py3",
                abi="none",
            ),
        },
        files={
            "mxnet/*.so*": "lib/",
            # The wheel holds no licence text; its METADATA names the licence.
            "mxnet-1.9.1.dist-info/METADATA": "METADATA",
        },
    ),
}

# Written last, inside the unpacked directory: which wheel it came from, and file sizes.
STAMP = ".fetched.json"


class Failure(Exception):
    """A message for the user: what happened, and what to do."""


PROGRAM = "fetch-deps"  # what messages start with, and what they say to run


def say(text):
    print(f"{PROGRAM}: {text}", file=sys.stderr, flush=True)


def cache_directory():
    chosen = os.environ.get("SLIPWAY_CACHE")
    if chosen:
        return pathlib.Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    base = pathlib.Path(base) if base else pathlib.Path.home() / ".cache"
    return base.absolute() / "slipway"


def wheel_for_this_machine(name, engine):
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    if platform.system() != "Linux" or machine not in engine.wheels:
        raise Failure(
            f"{name} {engine.version} is pinned for Linux on {' and '.join(engine.wheels)}, "
            f"not for {platform.system()} on {machine}. Install the library yourself and name "
            "its directory in SLIPWAY_LIBRARY_PATH."
        )
    return engine.wheels[machine]


def wheel_name(engine, wheel):
    stem = engine.package.replace("-", "_")  # a + in a version stands in the name as it is
    return f"{stem}-{engine.version}-{wheel.python}-{wheel.abi}-{wheel.platform}.whl"


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def locked(path):
    """One process at a time. The lock goes with the process, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another one that does the same (lock {path})")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sweep(directory, prefix):
    """Remove what a killed run left behind. Call with the lock held."""
    for leftover in directory.glob(prefix + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


def asked(command):
    """Runs pip; it shows its progress where somebody watches."""
    progress = {"stdout": subprocess.PIPE}
    if sys.stderr.isatty():
        command = [part for part in command if part != "--quiet"]
        progress = {"stdout": sys.stderr}
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **progress
    )


def download(name, engine, wheel, target):
    """Ask pip for exactly the pinned file, and put it at `target` in one rename."""
    if subprocess.run([sys.executable, "-c", "import pip"], capture_output=True).returncode != 0:
        raise Failure(
            f"{sys.executable} has no pip, which fetches the wheels. On Debian and Ubuntu:\n"
            "    sudo apt-get install -y python3-pip python3-venv"
        )
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".part-{name}-") as scratch:
        wanted = pathlib.Path(scratch) / "wanted.txt"
        wanted.write_text(f"{engine.package}=={engine.version} --hash=sha256:{wheel.sha256}\n")
        # The tags are given, so that any Python can fetch; no cache of pip's own, because
        # this script keeps the file already.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--no-cache-dir", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--dest", scratch]
        version = wheel.python[2:] if wheel.python.startswith("cp") else "311"
        command += ["--implementation", wheel.python[:2], "--python-version", version]
        command += ["--abi", wheel.abi, "--platform", wheel.platform, "-r", str(wanted)]
        run = asked(command)
        fetched = list(pathlib.Path(scratch).glob("*.whl"))
        if run.returncode != 0 or len(fetched) != 1:
            said = "\n".join("    " + line for line in run.stderr.strip().splitlines()[-8:])
            raise Failure(
                f"pip could not fetch {engine.package} {engine.version}:\n{said}\n"
                + (f"{engine.hint}\n" if engine.hint else "")
                + "Check the network and pip's own settings (`python3 -m pip config list`), then\n"
                "run this again. Without a network, put the file\n"
                f"    {target.name}\n"
                f"    (sha256 {wheel.sha256})\n"
                f"into {target.parent}/ by hand."
            )
        found = sha256_of(fetched[0])
        if found != wheel.sha256:
            raise Failure(
                f"the fetched {target.name} has sha256 {found}, not the pinned {wheel.sha256}. "
                "It was thrown away. Something between here and the package index changes files."
            )
        os.replace(fetched[0], target)


def cached_wheel(name, engine, wheel):
    """The verified wheel in the cache, and whether it had to be downloaded."""
    cache = cache_directory() / "wheels"
    target = cache / wheel_name(engine, wheel)
    try:
        with locked(cache / f".{name}.lock"):
            sweep(cache, f".part-{name}-")
            if target.exists():
                if sha256_of(target) == wheel.sha256:
                    return target, False
                say(f"{target} does not have the pinned SHA-256; fetching it again")
                target.unlink()
            say(f"{name} {engine.version}: downloading {target.name}")
            download(name, engine, wheel, target)
            return target, True
    except OSError as error:
        raise Failure(
            f"cannot use the cache {cache}: {error.strerror or error}. "
            "Name a writable directory in SLIPWAY_CACHE."
        ) from error


def is_in_place(directory, wheel):
    try:
        stamp = json.loads((directory / STAMP).read_text())
        return stamp["sha256"] == wheel.sha256 and all(
            (directory / path).stat().st_size == size for path, size in stamp["sizes"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def chosen(engine, names):
    """Pairs of a path in the wheel and a path below the engine's directory."""
    for pattern, target in engine.files.items():
        if "*" not in pattern:
            yield pattern, target
            continue
        fixed = pattern[: pattern.index("*")].rpartition("/")[0] + "/"
        found = [
            name
            for name in fnmatch.filter(names, pattern)
            if not name.endswith("/") and not any(fnmatch.fnmatch(name, w) for w in engine.without)
        ]
        if not found:
            raise Failure(f"nothing in the wheel of {engine.package} matches {pattern}")
        for name in found:
            yield name, target + name.removeprefix(fixed)


def unpack(engine, wheel, archive, directory):
    """Unpack beside the place, then rename: nobody ever sees half a directory."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    sweep(directory.parent, ".part-")
    sweep(directory.parent, ".old-")
    scratch = pathlib.Path(tempfile.mkdtemp(dir=directory.parent, prefix=".part-"))
    try:
        sizes = {}
        with zipfile.ZipFile(archive) as wheel_file:
            pairs = list(chosen(engine, wheel_file.namelist()))
            require_space(
                directory.parent, sum(wheel_file.getinfo(inside).file_size for inside, _ in pairs)
            )
            for inside, outside in pairs:
                path = scratch / outside
                if scratch not in pathlib.Path(os.path.normpath(path)).parents:
                    raise Failure(f"{archive.name} holds a file that leaves its folder: {inside}")
                path.parent.mkdir(parents=True, exist_ok=True)
                with wheel_file.open(inside) as source, open(path, "wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                path.chmod(0o755 if ".so" in path.name else 0o644)
                sizes[outside] = path.stat().st_size
        for link, points_at in engine.links.items():
            (scratch / link).symlink_to(points_at)
            sizes[link] = (scratch / link).stat().st_size
        (scratch / STAMP).write_text(json.dumps({"sha256": wheel.sha256, "sizes": sizes}) + "\n")
        scratch.chmod(0o755)
        if directory.exists():
            # A damaged directory goes aside first: rename cannot replace a full one.
            old = pathlib.Path(tempfile.mkdtemp(dir=directory.parent, prefix=".old-"))
            os.rename(directory, old / "it")
            os.rename(scratch, directory)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(scratch, directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def require_space(directory, size):
    free = shutil.disk_usage(directory).free
    if free < size + (64 << 20):
        raise Failure(
            f"{directory} has {in_words(free)} free; {in_words(size)} is needed there. Make room, "
            "or name another place with --dest."
        )


def in_words(size):
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def bytes_in_place(directory):
    """Bytes of the files that this script put there; a link counts nothing."""
    paths = json.loads((directory / STAMP).read_text())["sizes"]
    return sum(path.lstat().st_size for path in map(directory.joinpath, paths))


def fetch(name, dest):
    started = time.monotonic()
    engine = ENGINES[name]
    wheel = wheel_for_this_machine(name, engine)
    directory = dest / name / engine.directory
    result = {"name": name, "version": engine.directory, "directory": str(directory)}

    def in_place():
        say(f"{name} {engine.version} is in place")
        return {**result, "state": "in place", "bytes": bytes_in_place(directory)}

    if is_in_place(directory, wheel):
        return in_place()
    try:
        with locked(dest / f".{name}.lock"):
            if is_in_place(directory, wheel):  # another process did it meanwhile
                return in_place()
            archive, downloaded = cached_wheel(name, engine, wheel)
            unpack(engine, wheel, archive, directory)
    except OSError as error:
        raise Failure(f"cannot write {directory}: {error.strerror or error}") from error
    origin = "downloaded" if downloaded else "from the cache"
    size = in_words(bytes_in_place(directory))
    seconds = time.monotonic() - started
    say(f"{name} {engine.version}: {origin}, {size} in {directory} ({seconds:.1f} s)")
    return {**result, "state": "installed", "bytes": bytes_in_place(directory)}


def remove(name, dest):
    """Remove every version of an engine's library; the wheel stays in the cache."""
    place = dest / name
    try:
        with locked(dest / f".{name}.lock"):
            found = sorted(path.parent for path in place.glob(f"*/{STAMP}"))
            size = 0
            for directory in found:
                size += bytes_in_place(directory)
                # Aside first, so that nobody opens half of it.
                old = pathlib.Path(tempfile.mkdtemp(dir=place, prefix=".old-"))
                os.rename(directory, old / "it")
                shutil.rmtree(old)
            with contextlib.suppress(OSError):
                place.rmdir()
    except OSError as error:
        raise Failure(f"cannot remove {place}: {error.strerror or error}") from error
    say(f"{name}: removed, {in_words(size)}" if found else f"{name}: not in {dest}")
    state = "removed" if found else "not there"
    return {"name": name, "directory": str(place), "state": state, "bytes": size}


def list_engines(dest):
    for name, engine in ENGINES.items():
        directory = dest / name / engine.directory
        try:
            wheel = wheel_for_this_machine(name, engine)
            state = "missing"
            if is_in_place(directory, wheel):
                state = f"in place, {in_words(bytes_in_place(directory))}"
        except Failure:
            state = "not for this machine"
        print(f"{name:<14} {engine.version:<12} {engine.licence:<14} {state}")


def build_shim(name, dest, files):
    """Builds the shim from the sources that the program carries, laid out as in its checkout."""
    script = ENGINES[name].shim
    if not script or not files:
        return
    with tempfile.TemporaryDirectory(prefix="slipway-shim-") as scratch:
        root = pathlib.Path(scratch)
        for path, text in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / ".deps").symlink_to(dest)
        command = ["bash", str(root / script)]
        if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
            raise Failure(
                f"the library of {name} is in place, but not the shim that the server needs over "
                "it: the reason stands above. Put it right and run this again; nothing is "
                "downloaded twice"
            )


def main():
    global PROGRAM
    parser = argparse.ArgumentParser(prog="fetch-deps", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "engine", nargs="*", help=f"which to fetch: all, or some of {', '.join(ENGINES)}"
    )
    parser.add_argument("--list", action="store_true", help="say what is pinned and in place")
    parser.add_argument(
        "--wheel", action="store_true", help="only print the path of the verified wheel"
    )
    parser.add_argument("--remove", action="store_true", help="remove instead of fetching")
    parser.add_argument("--output", choices=["text", "json"], default="text", help="what to print")
    parser.add_argument("--program", default=PROGRAM, help=argparse.SUPPRESS)
    parser.add_argument(
        "--shim-file", nargs=2, action="append", default=[], help=argparse.SUPPRESS
    )  # path and text: sources of the shim
    parser.add_argument("--dest", type=pathlib.Path, required=True, help="where to")
    arguments = parser.parse_args()
    dest = arguments.dest.absolute()
    PROGRAM = arguments.program
    if arguments.list:
        return list_engines(dest)
    names = list(ENGINES) if arguments.engine == ["all"] else arguments.engine
    if not names:
        raise Failure(f"name what to fetch: all, or some of {', '.join(ENGINES)}")
    for name in names:
        if name not in ENGINES:
            raise Failure(f"no engine is called '{name}'; there is {', '.join(ENGINES)}")
    results = []
    for name in names:
        if arguments.wheel:
            engine = ENGINES[name]
            print(cached_wheel(name, engine, wheel_for_this_machine(name, engine))[0])
        else:
            results.append((remove if arguments.remove else fetch)(name, dest))
            if not arguments.remove:
                build_shim(name, dest, arguments.shim_file)
    if arguments.output == "json":
        print(json.dumps({"engines": results}))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(str(failure))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
