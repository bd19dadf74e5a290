"""Parametrizations that PyTorch comes with: norms of weights and orthogonal weights."""

from ... import _dispatch, _factories, _joins
from ..modules.module import Module
from ..parameter import Parameter
from .parametrize import register_parametrization


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def _axes(self, v):
        return None if self.dim == -1 else [i for i in range(v.dim()) if i != self.dim % v.dim()]

    def forward(self, weight_g, weight_v):
        return weight_v * (weight_g / weight_v.norm(2, self._axes(weight_v), keepdim=self.dim != -1))

    def right_inverse(self, weight):
        shape = tuple(d if i == self.dim % weight.dim() else 1 for i, d in enumerate(weight.shape)) if self.dim != -1 else ()
        return _factories.local(shape, weight.dtype), weight


def weight_norm(module, name="weight", dim=0):
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """W divided by σ = uᵀ·W·v; while it trains, u and v are improved first."""

    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        super().__init__()
        self.dim = dim % weight.dim()
        self.n_power_iterations = n_power_iterations
        self.eps = eps
        if weight.dim() > 1:
            rows = weight.shape[self.dim]
            self.register_buffer("_u", _factories.empty(rows))
            self.register_buffer("_v", _factories.empty(weight.numel() // rows))

    def _matrix(self, weight):
        if self.dim != 0:
            weight = weight.permute(self.dim, *[i for i in range(weight.dim()) if i != self.dim])
        return weight.flatten(1)

    def forward(self, weight):
        from .. import functional as F

        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            for _ in range(self.n_power_iterations):
                F.normalize(matrix.mv(self._v), dim=0, eps=self.eps)
                F.normalize(matrix.t().mv(self._u), dim=0, eps=self.eps)
        sigma = self._u.dot(matrix.mv(self._v))
        return weight / sigma

    def right_inverse(self, value):
        return value


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    from ..modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d

    weight = getattr(module, name)
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


class _Orthogonal(Module):
    """An orthogonal matrix by the exponential or the Cayley map of a skew one, or from Householder reflections."""

    def __init__(self, weight, orthogonal_map, use_trivialization):
        super().__init__()
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            n = max(weight.shape[-2:])
            self.register_buffer("base", _factories.empty(*weight.shape[:-2], n, n, dtype=weight.dtype))

    def forward(self, x):
        tall = x.shape[-2] >= x.shape[-1]
        x = x if tall else x.transpose(-2, -1)
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            a = x.tril(diagonal=-1)
            tau = 2.0 / (1.0 + (a * a).sum(dim=-2))
            q = _dispatch.apply("linalg_householder_product", (a, tau)) * x.diagonal(dim1=-2, dim2=-1).unsqueeze(-2)
        else:
            x = x.tril()
            if n != k:
                x = _joins.cat([x, x.new_zeros(*x.shape[:-2], n, n - k)], -1)
            a = x - x.transpose(-2, -1)
            if self.orthogonal_map == "matrix_exp":
                q = _dispatch.apply("linalg_matrix_exp", (a,))
            else:
                eye = _factories.eye(n, dtype=x.dtype)
                q = _dispatch.apply("linalg_solve", (eye - a * 0.5, eye + a * 0.5))
            if n != k:
                q = q[..., :k]
        if self.use_trivialization:
            q = self.base @ q
        return q if tall else q.transpose(-2, -1)

    def right_inverse(self, q):
        if not self.use_trivialization and self.orthogonal_map != "householder":
            raise NotImplementedError("an orthogonal matrix without a base has no inverse of its map")
        return q


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    weight = getattr(module, name)
    if weight.dim() < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] or weight.is_complex() else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}')
    return register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization), unsafe=True)


_ = Parameter
