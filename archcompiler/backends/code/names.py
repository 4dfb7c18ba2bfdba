"""Names in emitted code: legal, unique, and the spec's own wherever they can be.

One rule holds for networks, blocks, parameters, layers and files: a name that means something else
where it would stand gets an underscore after it, and one that no Python name can begin like gets an
underscore before it. What a file itself means something by is read off its template; the rules
add their own words. A test takes all names out of emitted files and gives them to everything.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections.abc import Collection, Iterable
from itertools import pairwise

# Modules that emitted files import, or that those import in turn: a file of that name that lies
# beside them would be found first. A test compares the list with what is really imported.
FRAMEWORK_MODULES = frozenset(
    """
    absl astunparse attr attrs backports bottleneck brotli brotlicffi certifi chardet
    charset_normalizer cloud_tpu_client cloudpickle colorama coverage cuda cv2 dateutil dill
    filelock flatbuffers flax flint fsspec functorch fx2trt_oss gast gmpy gmpy2 google
    google_crc32c googleapiclient grain grpc h5py huggingface_hub hypothesis idna IPython jax
    jaxlib jinja2 keras libclang litert markdown markdown_it markupsafe matplotlib mdurl
    ml_dtypes monkeytype mpmath namex networkx numexpr numpy nvidia objgraph onnx onnx_ir
    onnx_tf onnxruntime onnxscript opt_einsum optree orbax org packaging pandas PIL
    pkg_resources pluggy protobuf psutil py pyarrow pydot pydot_ng pydotplus pygments pynvml
    pytest python pytz requests rich safetensors scipy setuptools simplejson six sklearn socks
    sympy tabulate tblib tensorboard tensorflow tensorrt termcolor torch torch2trt torchaudio
    torchcomms torchdistx torchgen torchvision tqdm tree triton tvm typing_extensions urllib3
    werkzeug wrapt xarray yaml
    """.split()  # noqa: SIM905
)
# What Python looks for by itself, in a folder or at its start.
_LOOKED_FOR = ("__init__", "__main__", "sitecustomize", "usercustomize")


def module_name(text: str) -> str:
    """Return the name of the module that a file called `text` becomes, without its ending."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)
    if not name.isidentifier():
        name = f"_{name}"
    taken = {*sys.stdlib_module_names, *FRAMEWORK_MODULES, *_LOOKED_FOR, *keyword.kwlist}
    while name in taken:
        name += "_"
    return name


def why_not(text: str) -> str:
    """Return why a file called `text` becomes a module of another name."""
    if text.isidentifier() and not keyword.iskeyword(text):
        return f"a module `{text}` would hide another one"
    return f"no module can be named `{text}`"


class Namespace:
    """Hands out identifiers that are free; `reserved` mean something else."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self.reserved = frozenset(reserved)
        self.taken = set(self.reserved)

    def free(self, wanted: str) -> str:
        """Return `wanted`, with underscores after it until nothing else has that name."""
        name = _legal(wanted, self.taken)
        self.taken.add(name)
        return name

    def numbered(self, wanted: str, between: str = "") -> str:
        """Return `wanted`, with a number after it if it was handed out before."""
        name, number = _legal(wanted, self.reserved), 1
        start = name
        while name in self.taken:
            number += 1
            name = f"{start}{between}{number}"
        self.taken.add(name)
        return name


def _legal(name: str, taken: Collection[str]) -> str:
    while name in taken or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        name += "_"
    return name


LONGEST = 24  # of a variable: a statement should fit on a line
AMBIGUOUS = ("l", "I", "O")  # easily taken for digits; linters refuse them


Values = list[tuple[str, tuple[str, ...]]]  # in order of computation: a value, and what it reads


def variables(
    values: Values,
    outputs: tuple[str, ...],
    chain: str,
    taken: Iterable[str],
    own: Iterable[str] = (),
) -> dict[str, str]:
    """Return the variable that holds each value.

    A value that goes on from the one before, and that only the very next statement reads, is
    called `chain`, as people write it; any other has its own name, and so have those of `own`.
    """
    namespace = Namespace([*taken, *dir(builtins), *AMBIGUOUS, chain])
    order = [name for name, _ in values]
    following = dict(pairwise(order))
    readers: dict[str, list[str]] = {name: [] for name in order}
    for name, sources in values:
        for source in sources:
            readers[source].append(name)
    names: dict[str, str] = {}
    for (name, sources), before in zip(values, ["", *order], strict=False):
        goes_on = not sources or before in sources
        passing = goes_on and readers[name] == [following.get(name)] and name not in outputs
        if (passing and name not in own) or (name == order[-1] and outputs == (name,)):
            names[name] = chain
        else:
            names[name] = namespace.free(name.replace(".", "_").lower()[:LONGEST].rstrip("_"))
    return names
