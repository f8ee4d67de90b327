"""The Python worker by itself, over its protocol: no server, no framework but NumPy."""

import os
import signal
import struct

import numpy
import pytest

from harness import until
from worker_client import Ended, Failed, Worker

IDENTITY = '''
import numpy
class Model:
    inputs = [("x", "{kind}", [None, None])]
    outputs = [("y", "{kind}", [None, None])]
    def predict(self, inputs):
        return {{"y": inputs["x"]}}
'''
ECHO = IDENTITY.format(kind="float32")
ROW = numpy.array([[1, 2, 3]], "f4")


@pytest.fixture
def serve(tmp_path):
    """Starts a worker with a `model.py` of this text."""
    workers = []

    def start(source, lanes=1, load=True, **options):
        (tmp_path / "model.py").write_text(source)
        worker = Worker(lanes)
        workers.append(worker)
        return worker.load(tmp_path, "model.py", "custom", **options) if load else worker

    yield start
    for worker in workers:
        worker.__exit__()


def model(body, head="", **attributes):
    """A `model.py` whose predict has this body."""
    lines = [head, "import numpy", "class Model:"]
    lines += [f"    {name} = {value!r}" for name, value in attributes.items()]
    lines += ["    inputs = [('x', 'float32', [None, None])]", "    outputs = [('y', 'float32', [None, 3])]"]
    lines += ["    def predict(self, inputs):", "        x = inputs['x']"]
    return "\n".join(lines + ["        " + line for line in body.splitlines()]) + "\n"


def test_says_hello_with_its_version(serve):
    assert serve(ECHO).hello.startswith("python 3.")


@pytest.mark.parametrize("kind", [
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16",
    "float32", "float64"])
def test_gives_back_every_type(serve, kind):
    worker = serve(IDENTITY.format(kind=kind))
    for shape in [(3, 5), (0, 4), (300, 70)]:
        array = numpy.arange(shape[0] * shape[1]).reshape(shape).astype(kind)
        (result,) = worker.run(array)
        assert result.dtype == array.dtype and result.shape == shape
        assert (result == array).all()


def test_gives_back_byte_strings(serve):
    worker = serve(IDENTITY.format(kind="bytes"))
    array = numpy.array([[b"", b"\0", b"a\0b"], ["naïve".encode(), b"\xff\xfe", b"x" * 9000]], object)
    assert (worker.run(array)[0] == array).all()


def test_bfloat16_without_a_library_comes_as_its_bits(serve):
    worker = serve(IDENTITY.format(kind="bfloat16"))
    payload = struct.pack("<IQQ", 0, 0, 0) + struct.pack("<II", 1, 0) + struct.pack("<I", 1)
    payload += struct.pack("<BIqqBQ", 10, 2, 1, 2, 0, 4) + b"\xc1\x7f\x80\x3f"
    worker.send(1, 0x10, payload)
    assert worker.finish()[0].tobytes() == b"\xc1\x7f\x80\x3f"


def test_results_larger_than_the_memory_grow_it(serve):
    worker = serve(model("return {'y': numpy.ones((1 << 20, 3), 'f4')}"))
    before = os.fstat(worker.memory[0]).st_size
    for _ in range(3):
        (result,) = worker.run(ROW)
        assert result.shape == (1 << 20, 3) and (result == 1).all()
    assert os.fstat(worker.memory[0]).st_size > before


def test_inputs_are_views_that_cannot_be_written(serve):
    source = model("assert not x.flags.writeable and not x.flags.owndata\ntry:\n    x[0, 0] = 9\n"
                   "except ValueError as error:\n    return {'y': numpy.ones((2, 3))}")
    worker = serve(source)
    assert worker.run(numpy.zeros((5000, 3), "f4"))[0].shape == (2, 3)


def test_outputs_come_in_the_order_asked(serve):
    worker = serve('''
class Model:
    inputs = [("x", "float32", [None])]
    outputs = [("a", "float32", [None]), ("b", "int64", [None])]
    def predict(self, inputs):
        return {"b": inputs["x"].astype("i4"), "a": inputs["x"] * 2}
''')
    x = numpy.array([1, 2], "f4")
    assert [o.tolist() for o in worker.run(x, wanted=[1, 0, 1])] == [[1, 2], [2, 4], [1, 2]]
    assert worker.run(x, wanted=[]) == []


def test_steps_run_in_order_around_predict(serve):
    worker = serve('''
class Model:
    def load(self, context):
        self.factor = float(context.settings["factor"]) + context.version
        assert context.path("model.py").endswith("/model.py")
    def preprocess(self, inputs): return inputs["input"] + 1
    def predict(self, rows): return rows * self.factor
    def postprocess(self, rows): return rows - 1
''', options={"settings": {"factor": "9"}})
    assert worker.run(numpy.array([[1.0]], "f4"))[0].tolist() == [[19.0]]


def test_asynchronous_models_answer_several_at_once(serve):
    worker = serve('''
import asyncio
class Model:
    concurrency = 3
    inputs = [("x", "float32", [None])]
    outputs = [("y", "float32", [None])]
    async def load(self, context):
        self.here = 0
        self.all = asyncio.Event()
    async def predict(self, inputs):
        self.here += 1
        if self.here == 3: self.all.set()
        await self.all.wait()
        return inputs["x"] + 1
''', lanes=4)
    assert worker.concurrency == 3
    x = numpy.array([1], "f4")
    for lane in range(3):
        worker.start([x], lane=lane)
    assert [worker.finish(lane)[0].tolist() for lane in range(3)] == [[2]] * 3


def test_a_run_that_nobody_waits_for_is_answered_and_the_worker_goes_on(serve):
    worker = serve(ECHO)
    worker.cancel(7)
    worker.start([ROW], sequence=7)
    worker.cancel(7)
    assert (worker.finish()[0] == ROW).all()
    worker.cancel(7)
    worker.cancel(1, lane=63)
    assert (worker.run(ROW)[0] == ROW).all()
    assert worker.statistics()


def test_a_cancellation_ends_an_asynchronous_wait(serve):
    worker = serve(model("").replace("def predict", "async def predict") + "        import asyncio\n"
                   "        if len(x) > 1: await asyncio.Event().wait()\n        return {'y': x}\n")
    for is_early in (True, False):
        sequence = 10 + is_early
        if is_early:
            worker.cancel(sequence)
            worker.statistics()
        worker.start([numpy.zeros((2, 3), "f4")], sequence=sequence)
        if not is_early:
            worker.cancel(sequence)
        with pytest.raises(Failed, match="cancelled"):
            worker.finish()
    assert (worker.run(ROW)[0] == ROW).all()


def test_a_deadline_ends_an_asynchronous_wait(serve):
    worker = serve(model("").replace("def predict", "async def predict") + "        import asyncio\n"
                   "        await asyncio.Event().wait()\n")
    with pytest.raises(Failed) as failure:
        worker.run(ROW, remaining=50_000_000)
    assert failure.value.code == "deadline_exceeded"


BAD_LOADS = [
    ("import nothing_like_it", "library_missing", "nothing_like_it"),
    ("def f(:", "model_invalid", "SyntaxError"),
    ("x = 1 / 0", "model_invalid", "ZeroDivisionError"),
    ("import sys; sys.exit(3)", "model_invalid", "sys.exit(3)"),
    ("x = 1", "model_invalid", "no class Model"),
    ("class Model: pass", "model_invalid", "no method predict"),
    ("class Model:\n def __init__(self, a): pass", "model_invalid", "Model()"),
    ("class Model:\n def load(self, c): raise RuntimeError('no weights')\n def predict(self, x): pass",
     "model_invalid", "no weights"),
    ("class Model:\n inputs = 'x'\n def predict(self, x): pass", "model_invalid", "must be a list"),
    ("class Model:\n inputs = [('x', 'complex64')]\n def predict(self, x): pass", "model_invalid", "complex64"),
    ("class Model:\n inputs = [('x',), ('x',)]\n def predict(self, x): pass", "model_invalid", "'x'"),
    ("class Model:\n outputs = []\n def predict(self, x): pass", "model_invalid", "no outputs"),
    ("class Model:\n inputs = [('x', 'float32', ['N', -2])]\n def predict(self, x): pass", "model_invalid", "-2"),
    ("class Model:\n concurrency = 0\n def predict(self, x): pass", "model_invalid", "concurrency"),
    ("class Model:\n batching = 'yes'\n def predict(self, x): pass", "model_invalid", "batching"),
    ("raise MemoryError('all gone')", "resource_exhausted", "all gone"),
]


@pytest.mark.parametrize("source, code, word", BAD_LOADS)
def test_says_why_a_model_does_not_load(serve, source, code, word):
    with pytest.raises(Failed) as failure:
        serve(source)
    assert failure.value.code == code
    assert word in failure.value.message


def test_refuses_to_run_code_that_is_not_allowed(serve, tmp_path):
    with pytest.raises(Failed) as failure:
        serve(f"open({str(tmp_path / 'ran')!r}, 'w')", allow_code=False)
    assert failure.value.code == "configuration_invalid" and "allow_code" in failure.value.message
    assert not (tmp_path / "ran").exists()


BAD_RUNS = [
    ("raise RuntimeError('on fire')", "engine_failed", "on fire"),
    ("raise KeyError", "engine_failed", "KeyError"),
    ("import sys; sys.exit('bye')", "engine_failed", "sys.exit('bye')"),
    ("raise KeyboardInterrupt", "engine_failed", "KeyboardInterrupt"),
    ("raise MemoryError", "resource_exhausted", "memory"),
    ("return None", "engine_failed", "returned None"),
    ("return 'text'", "engine_failed", "'y'"),
    ("return {'z': x}", "engine_failed", "'z'"),
    ("return {}", "engine_failed", "did not return 'y'"),
    ("return {'y': x, 'more': x}", "engine_failed", "'more'"),
    ("return {'y': numpy.ones(3)}", "engine_failed", "[3]"),
    ("return {'y': numpy.ones((1, 4))}", "engine_failed", "[1, 4]"),
    ("return {'y': [['a', 'b', 'c']]}", "engine_failed", "<U1"),
    ("return {'y': numpy.ones((1, 3), 'c8')}", "engine_failed", "complex64"),
    ("return {'y': [[1, 2], [3]]}", "engine_failed", "cannot become an array"),
    ("return {'y': [[None, None, None]]}", "engine_failed", "object"),
    ("return predict_recursively(self, x)", "engine_failed", "RecursionError"),
    ("from slipway import InvalidRequest\nraise InvalidRequest('too few rows')", "invalid_request",
     "too few rows"),
    ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "engine_failed", "E"),
    ("return {'y': numpy.empty((1 << 40, 3), 'f4')}", "resource_exhausted", "memory"),
]


@pytest.mark.parametrize("body, code, word", BAD_RUNS)
def test_says_why_a_call_fails_and_goes_on(serve, body, code, word):
    head = "def predict_recursively(self, x): return predict_recursively(self, x)\nfirst = [True]"
    worker = serve(model(f"if not first: return {{'y': x}}\nfirst.clear()\n{body}", head))
    with pytest.raises(Failed) as failure:
        worker.run(ROW)
    assert failure.value.code == code
    assert word in failure.value.message
    assert worker.run(ROW)[0].tolist() == ROW.tolist()


def test_an_error_names_the_line(serve):
    worker = serve(model("return self.deeper(x)") + "    def deeper(self, x):\n        return x.nothing\n")
    with pytest.raises(Failed) as failure:
        worker.run(ROW)
    assert "model.py:10 in deeper" in failure.value.message
    assert "return x.nothing" in failure.value.message
    assert "\n" not in failure.value.message


def test_what_a_model_prints_goes_to_the_log(serve):
    worker = serve(model("import os\nprint('to stdout')\nos.write(1, b'raw bytes\\n')\n"
                         "os.system('echo from a child')\nreturn {'y': x}"))
    assert worker.run(ROW)[0].tolist() == ROW.tolist()
    log = worker.log()
    assert "to stdout" in log and "raw bytes" in log and "from a child" in log


def test_a_child_that_a_model_forks_does_not_answer(serve):
    worker = serve(model("import os\nif os.fork() == 0: return {'y': x + 1}\nos.wait()\nreturn {'y': x}"))
    for _ in range(3):
        assert worker.run(ROW)[0].tolist() == ROW.tolist()


def test_children_do_not_hold_the_protocol_open(serve):
    body = ("import os, subprocess\nchild = os.fork()\n"
            "if child == 0:\n    os.execvp('sleep', ['sleep', '600'])\n"
            "import glob\n"
            "return {'y': [[float(child), 0, 0]]}")
    worker = serve(model(body))
    child = int(worker.run(ROW)[0][0, 0])
    until(lambda: open(f"/proc/{child}/comm").read().strip() == "sleep", "the child's exec")
    assert set(os.listdir(f"/proc/{child}/fd")) <= {"0", "1", "2"}
    worker.close()
    worker.process.wait(30)
    # Its group went with it.
    until(lambda: not os.path.exists(f"/proc/{child}") or is_zombie(child), "the child's end")


def is_zombie(process):
    try:
        return open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_ends_when_the_server_is_gone_whatever_it_does(serve):
    worker = serve(model("import time\nprint('asleep', flush=True)\nwhile True: time.sleep(1)"))
    worker.start([ROW])
    assert worker.process.stdout.readline() == b"asleep\n"
    worker.close()
    assert worker.process.wait(30) == -signal.SIGKILL


def test_an_exit_of_the_process_is_its_end(serve):
    worker = serve(model("import os\nos._exit(7)"))
    worker.start([ROW])
    with pytest.raises(Ended):
        worker.finish()
    assert worker.process.wait(30) == 7


def test_a_crash_leaves_its_words(serve):
    worker = serve(model("import ctypes\nprint('last words')\nctypes.string_at(0)"))
    worker.start([ROW])
    with pytest.raises(Ended) as ended:
        worker.finish()
    assert "last words" in str(ended.value)
    assert worker.process.wait(30) == -signal.SIGSEGV


def test_unload_ends_with_status_0_though_threads_run(serve):
    source = ECHO + '''
    def load(self, context):
        import threading
        threading.Thread(target=threading.Event().wait).start()
    def close(self): print("closed")
'''
    worker = serve(source)
    assert worker.unload() == 0
    assert "closed" in worker.log()


def test_statistics_count_runs(serve):
    worker = serve(ECHO)
    for _ in range(3):
        worker.run(ROW)
    resident, runs, nanoseconds = worker.statistics()
    assert resident > 1 << 20 and runs == 3 and nanoseconds > 0


def test_leaves_nothing_in_the_version_directory(serve, tmp_path):
    (tmp_path / "neighbour.py").write_text("value = 3")
    worker = serve(model("import neighbour\nreturn {'y': x * neighbour.value}"))
    assert worker.run(ROW)[0].tolist() == [[3, 6, 9]]
    assert sorted(os.listdir(tmp_path)) == ["model.py", "neighbour.py"]


def test_signature_defaults_to_one_input_and_one_output_of_any_shape(serve):
    worker = serve("class Model:\n    def predict(self, inputs): return inputs['input'].sum()\n")
    (signature,) = worker.signatures
    assert signature["inputs"] == [("input", 11, None)] and signature["outputs"] == [("output", 11, None)]
    assert "dimension 0" in signature["batching"]
    assert worker.run(ROW)[0].tolist() == 6


def test_declarations_in_other_words(serve):
    worker = serve('''
from slipway import TensorSpec
class Model:
    batching = False
    inputs = [{"name": "a", "dtype": "FP32", "shape": [-1, "width"]}, TensorSpec("b", str, [2])]
    def load(self, context):
        import numpy
        self.outputs = [("c", numpy.int64, [])]
    def predict(self, inputs): return 5
''')
    (signature,) = worker.signatures
    assert signature["inputs"] == [("a", 11, [None, "width"]), ("b", 13, [2])]
    assert signature["outputs"] == [("c", 8, [])]
    assert signature["batching"] == "model.py says batching = False"


BAD_FRAMES = [
    (dict(kind=0x77), "0x77"), (dict(kind=0x10, payload=b"\1"), "cut short"),
    (dict(kind=0x10, version=2), "version 2"),
    (dict(kind=0x10, payload=struct.pack("<IQQII", 9, 0, 0, 0, 0)), "signature 9"),
    (dict(kind=0x10, payload=struct.pack("<IQQII", 0, 0, 0, 1 << 30, 0)), "does not fit"),
    (dict(kind=0x10, payload=struct.pack("<IQQIIBIBQQ", 0, 0, 0, 0, 1, 11, 0, 1, 1 << 40, 4)), "shared memory"),
    (dict(kind=0x10, payload=struct.pack("<IQQIIBIqBQ", 0, 0, 0, 0, 1, 11, 1, -1, 0, 0)), "extent -1"),
    (dict(kind=0x10, payload=struct.pack("<IQQIIBI", 0, 0, 0, 0, 1, 99, 0)), "element type 99"),
    (dict(kind=0x10, payload=struct.pack("<IQQIIBIqBQI", 0, 0, 0, 0, 1, 13, 1, 1, 0, 4, 9)), "cut short"),
]


@pytest.mark.parametrize("frame, word", BAD_FRAMES)
def test_a_broken_frame_ends_the_worker_with_status_2(serve, frame, word):
    worker = serve(ECHO)
    worker.send(1, **frame)
    assert worker.process.wait(30) == 2
    assert word in worker.log()


def test_needs_the_server_to_start_it():
    import subprocess

    from worker_client import PYTHON, WORKER

    done = subprocess.run([PYTHON, "-I", WORKER], capture_output=True, text=True, env={}, timeout=30)
    assert done.returncode == 2 and "started by slipway" in done.stderr
