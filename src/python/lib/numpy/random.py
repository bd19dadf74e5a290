"""`numpy.random`: shapes alone; a drawn number is data, and an error where a program looks at it."""

from . import _dtypes
from ._array import array_of, new, sizes
from ._index import broadcast

_FLOATS = {
    "random": ("size", 0), "random_sample": ("size", 0), "ranf": ("size", 0), "sample": ("size", 0), "uniform": ("size", 2), "normal": ("size", 2), "standard_normal": ("size", 0),
    "beta": ("size", 2), "gamma": ("size", 2), "exponential": ("size", 1), "laplace": ("size", 2), "lognormal": ("size", 2), "gumbel": ("size", 2), "logistic": ("size", 2),
    "triangular": ("size", 3), "chisquare": ("size", 1), "standard_t": ("size", 1), "rayleigh": ("size", 1), "weibull": ("size", 1), "pareto": ("size", 1), "vonmises": ("size", 2),
    "standard_gamma": ("size", 1), "standard_exponential": ("size", 0), "standard_cauchy": ("size", 0), "power": ("size", 1),
}  # fmt: skip
_INTEGERS = {"poisson": 1, "binomial": 2, "geometric": 1, "negative_binomial": 2, "hypergeometric": 3, "zipf": 1}


def _drawn(size, dtype, parameters=()):
    shape = sizes(size) if size is not None else broadcast(*[array_of(p).shape for p in parameters])
    return new(None, shape, dtype)


class Generator:
    """A source of random numbers, all of them unknown."""

    def __init__(self, *_args, **_kwargs):
        pass

    def seed(self, seed=None):
        return None

    def get_state(self, legacy=True):
        return ("MT19937", [], 0, 0, 0.0)

    def set_state(self, state):
        return None

    def rand(self, *shape):
        return _drawn(shape, _dtypes.float64)

    randn = rand

    def randint(self, low, high=None, size=None, dtype=int, endpoint=False):
        return _drawn(size, _dtypes.find(dtype), (low, 0 if high is None else high))

    integers = random_integers = randint

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
        source = array_of(a)
        whole = source.ndim == 0
        shape = (() if size is None else sizes(size)) + (() if whole else source.shape[1:])
        return new(None, shape, _dtypes.int64 if whole else source.dtype)

    def permutation(self, x, axis=0):
        source = array_of(x)
        return new(None, (int(source),), _dtypes.int64) if not source.ndim else new(None, source.shape, source.dtype)

    permuted = permutation

    def shuffle(self, x, axis=0):
        if hasattr(x, "_buffer"):
            x._buffer.items = None
        else:
            raise NotImplementedError("numpy.random.shuffle of a list: its order would be data, and opcount runs without it")

    def multivariate_normal(self, mean, cov, size=None, **_):
        shape = () if size is None else sizes(size)
        return new(None, (*shape, *array_of(mean).shape), _dtypes.float64)

    def dirichlet(self, alpha, size=None):
        return new(None, (*(() if size is None else sizes(size)), *array_of(alpha).shape), _dtypes.float64)

    def multinomial(self, n, pvals, size=None):
        return new(None, (*(() if size is None else sizes(size)), *array_of(pvals).shape), _dtypes.int64)


def _method(name, count, dtype):
    def draw(self, *args, size=None, dtype_=None, **more):
        if len(args) > count:
            *args, size = args
        return _drawn(size, dtype, (*args, *[v for k, v in more.items() if k not in ("dtype", "out", "method")]))

    draw.__name__ = name
    return draw


for _name, (_, _count) in _FLOATS.items():
    setattr(Generator, _name, _method(_name, _count, _dtypes.float64))
for _name, _count in _INTEGERS.items():
    setattr(Generator, _name, _method(_name, _count, _dtypes.int64))

RandomState = type("RandomState", (Generator,), {})
BitGenerator = PCG64 = MT19937 = SeedSequence = Philox = type("BitGenerator", (), {"__init__": lambda self, *a: None})


def default_rng(seed=None):
    return Generator()


_own = RandomState()


def __getattr__(name):
    found = getattr(_own, name, None) if not name.startswith("_") else None
    if found is None:
        raise AttributeError(f"numpy.random.{name} is not implemented by opcount")
    return found
