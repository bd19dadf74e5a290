"""Names of types: dtypes, devices, layouts, sizes."""

import builtins


class dtype:
    """A dtype by the name that opcount and PyTorch share."""

    __slots__ = ("name", "itemsize", "kind")
    _known = {}

    def __init__(self, name, itemsize, kind):
        self.name = name
        self.itemsize = itemsize
        self.kind = kind  # b, i, f, c
        dtype._known[name] = self

    @property
    def is_floating_point(self):
        return self.kind == "f"

    @property
    def is_complex(self):
        return self.kind == "c"

    @property
    def is_signed(self):
        return self.kind in "fc" or (self.kind == "i" and not self.name.startswith("uint"))

    def to_complex(self):
        return dtype._known["complex128" if self.itemsize == 8 else "complex64"]

    def to_real(self):
        return dtype._known["float64" if self.itemsize == 16 else "float32"] if self.kind == "c" else self

    def __repr__(self):
        return "torch." + TORCH_NAMES.get(self.name, self.name)

    def __opcount_wire__(self):
        return self.name

    def __reduce__(self):
        return (_dtype_by_name, (self.name,))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


TORCH_NAMES = {
    "float8e4m3fn": "float8_e4m3fn",
    "float8e5m2": "float8_e5m2",
    "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2fnuz": "float8_e5m2fnuz",
}


def _dtype_by_name(name):
    return dtype._known[name]


float64 = double = dtype("float64", 8, "f")
float32 = float = dtype("float32", 4, "f")
float16 = half = dtype("float16", 2, "f")
bfloat16 = dtype("bfloat16", 2, "f")
float8_e4m3fn = dtype("float8e4m3fn", 1, "f")
float8_e5m2 = dtype("float8e5m2", 1, "f")
float8_e4m3fnuz = dtype("float8e4m3fnuz", 1, "f")
float8_e5m2fnuz = dtype("float8e5m2fnuz", 1, "f")
complex64 = cfloat = dtype("complex64", 8, "c")
complex128 = cdouble = dtype("complex128", 16, "c")
int64 = long = dtype("int64", 8, "i")
int32 = int = dtype("int32", 4, "i")
int16 = short = dtype("int16", 2, "i")
int8 = dtype("int8", 1, "i")
uint8 = dtype("uint8", 1, "i")
uint16 = dtype("uint16", 2, "i")
uint32 = dtype("uint32", 4, "i")
uint64 = dtype("uint64", 8, "i")
bool = dtype("bool", 1, "b")
# Of these there are names alone: programs list them in tables.
for _name in (*(f"{sign}int{n}" for sign in ("", "u") for n in range(1, 8)), "quint8", "qint8", "qint32", "quint4x2", "quint2x4"):
    globals()[_name] = dtype(_name, 1, "i")
for _name in ("float8_e8m0fnu", "float4_e2m1fn_x2"):
    globals()[_name] = dtype(_name, 1, "f")

_CATEGORY = {"b": 0, "i": 1, "f": 2, "c": 3}


def promote_types(a, b):
    if a is b:
        return a
    ca, cb = _CATEGORY[a.kind], _CATEGORY[b.kind]
    if ca != cb:
        return a if ca > cb else b
    if {a.name, b.name} == {"float16", "bfloat16"}:
        return float32
    return a if a.itemsize >= b.itemsize else b


class device:
    """The device that a tensor would be on. opcount knows only its name."""

    def __init__(self, type="cpu", index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, builtins.int):
            type, index = "cuda", type
        if ":" in type:
            type, _, number = type.partition(":")
            index = builtins.int(number)
        self.type = type
        self.index = index

    def __repr__(self):
        return f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __opcount_wire__(self):
        return None


class _Word:
    """A constant that is only ever compared and printed: memory formats, layouts."""

    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return "torch." + self._name

    def __opcount_wire__(self):
        return None

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return self._name


class memory_format(_Word):
    pass


class layout(_Word):
    pass


contiguous_format = memory_format("contiguous_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
preserve_format = memory_format("preserve_format")
legacy_contiguous_format = contiguous_format
strided = layout("strided")
sparse_coo = layout("sparse_coo")
sparse_csr, sparse_csc, sparse_bsr, sparse_bsc, jagged = (
    layout(n) for n in ("sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged")
)


class Size(tuple):
    """A shape: a tuple that knows its number of elements."""

    __slots__ = ()

    def numel(self):
        n = 1
        for d in self:
            n = n * d
        return n

    def __repr__(self):
        return f"torch.Size([{', '.join(map(repr, self))}])"

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __radd__(self, other):
        return Size(tuple(other) + tuple(self))

    def __mul__(self, n):
        return Size(tuple.__mul__(self, n))

    __rmul__ = __mul__


class finfo:
    _LIMITS = {
        "float64": (64, 2.220446049250313e-16, 1.7976931348623157e308, 2.2250738585072014e-308),
        "float32": (32, 1.1920928955078125e-07, 3.4028234663852886e38, 1.1754943508222875e-38),
        "float16": (16, 0.0009765625, 65504.0, 6.103515625e-05),
        "bfloat16": (16, 0.0078125, 3.3895313892515355e38, 1.1754943508222875e-38),
        "float8e4m3fn": (8, 0.125, 448.0, 0.015625),
        "float8e5m2": (8, 0.25, 57344.0, 6.103515625e-05),
        "float8e4m3fnuz": (8, 0.125, 240.0, 0.0078125),
        "float8e5m2fnuz": (8, 0.25, 57344.0, 3.0517578125e-05),
    }

    def __init__(self, type=None):
        type = type or float32
        if type.name not in self._LIMITS:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{type!r}'")
        self.bits, self.eps, self.max, self.tiny = self._LIMITS[type.name]
        self.min = -self.max
        self.smallest_normal = self.tiny
        self.resolution = 1e-6
        self.dtype = type.name


class iinfo:
    def __init__(self, type):
        self.bits = 8 * type.itemsize
        signed = type.is_signed
        self.max = 2 ** (self.bits - 1) - 1 if signed else 2**self.bits - 1
        self.min = -(2 ** (self.bits - 1)) if signed else 0
        self.dtype = type.name
