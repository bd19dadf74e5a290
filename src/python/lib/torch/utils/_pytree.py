"""Nested containers, taken apart and put together."""

from collections import OrderedDict, defaultdict, deque, namedtuple

NodeDef = namedtuple("NodeDef", ("type", "flatten_fn", "unflatten_fn"))
# The functions that take a container's class apart and put it together.
SUPPORTED_NODES = {}


def register_pytree_node(cls, flatten_fn, unflatten_fn, **_):
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn)


_register_pytree_node = register_pytree_node


def register_dataclass(cls, *, field_names=None, drop_field_names=None, **_):
    import dataclasses

    names = list(field_names or [f.name for f in dataclasses.fields(cls)])
    register_pytree_node(cls, lambda x: ([getattr(x, n) for n in names], names), lambda v, n: cls(**dict(zip(n, v))))


register_pytree_node(tuple, lambda x: (list(x), None), lambda values, _: tuple(values))
register_pytree_node(list, lambda x: (x, None), lambda values, _: list(values))
register_pytree_node(dict, lambda x: (list(x.values()), list(x)), lambda values, keys: dict(zip(keys, values)))
register_pytree_node(OrderedDict, lambda x: (list(x.values()), list(x)), lambda values, keys: OrderedDict(zip(keys, values)))
register_pytree_node(deque, lambda x: (list(x), x.maxlen), lambda values, maxlen: deque(values, maxlen=maxlen))
register_pytree_node(
    defaultdict,
    lambda x: (list(x.values()), (x.default_factory, list(x))),
    lambda values, context: defaultdict(context[0], zip(context[1], values)),
)
_NAMED = NodeDef(tuple, lambda x: (list(x), type(x)), lambda values, cls: cls(*values))


class TreeSpec:
    def __init__(self, type, context, children_specs):
        self.type, self.context, self.children_specs = type, context, children_specs
        self.num_leaves = sum(c.num_leaves for c in children_specs) if type is not None else 1

    def is_leaf(self):
        return self.type is None

    def __eq__(self, other):
        return isinstance(other, TreeSpec) and (self.type, self.context, self.children_specs) == (
            other.type,
            other.context,
            other.children_specs,
        )

    def __hash__(self):
        return hash((self.type, self.num_leaves))


class LeafSpec(TreeSpec):
    def __init__(self):
        super().__init__(None, None, [])


class PyTree:
    pass


def _node(tree):
    found = SUPPORTED_NODES.get(type(tree))
    return _NAMED if found is None and isinstance(tree, tuple) and hasattr(type(tree), "_fields") else found


def tree_flatten(tree, is_leaf=None):
    leaves = []

    def specify(node):
        how = None if is_leaf is not None and is_leaf(node) else _node(node)
        if how is None:
            leaves.append(node)
            return LeafSpec()
        children, context = how.flatten_fn(node)
        return TreeSpec(type(node), context, [specify(c) for c in children])

    spec = specify(tree)
    return leaves, spec


def tree_unflatten(leaves, treespec):
    leaves = iter(leaves)

    def build(spec):
        if spec.is_leaf():
            return next(leaves)
        how = SUPPORTED_NODES.get(spec.type, _NAMED)
        return how.unflatten_fn([build(c) for c in spec.children_specs], spec.context)

    return build(treespec)


def tree_leaves(tree, is_leaf=None):
    return tree_flatten(tree, is_leaf)[0]


def tree_iter(tree, is_leaf=None):
    return iter(tree_leaves(tree, is_leaf))


def tree_structure(tree, is_leaf=None):
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func, tree, *rests, is_leaf=None):
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [tree_leaves(r, is_leaf) for r in rests]
    return tree_unflatten([func(*parts) for parts in zip(leaves, *others)], spec)


def tree_map_(func, tree, *rests, is_leaf=None):
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(types, func, tree=None, is_leaf=None):
    applies = types if callable(types) and not isinstance(types, type) else lambda x: isinstance(x, types)
    run = lambda t: tree_map(lambda x: func(x) if applies(x) else x, t, is_leaf=is_leaf)
    return run(tree)


def tree_all(pred, tree, is_leaf=None):
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred, tree, is_leaf=None):
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_flatten_with_path(tree, is_leaf=None):
    leaves, spec = tree_flatten(tree, is_leaf)
    return [((i,), leaf) for i, leaf in enumerate(leaves)], spec


# --- keys of a path, and the parts of which programs register containers of their own

MappingKey = namedtuple("MappingKey", ("key",))
SequenceKey = namedtuple("SequenceKey", ("idx",))
GetAttrKey = namedtuple("GetAttrKey", ("name",))
Context = KeyPath = KeyEntry = object


def keystr(path):
    return "".join(f"[{k!r}]" for k in path)


def _of(cls):
    how = SUPPORTED_NODES[cls]
    return how.flatten_fn, how.unflatten_fn


_list_flatten, _list_unflatten = _of(list)
_tuple_flatten, _tuple_unflatten = _of(tuple)
_dict_flatten, _dict_unflatten = _of(dict)


def _dict_flatten_with_keys(d):
    values, keys = _dict_flatten(d)
    return [(MappingKey(k), v) for k, v in zip(keys, values)], keys


def _list_flatten_with_keys(values):
    return [(SequenceKey(i), v) for i, v in enumerate(values)], None


_tuple_flatten_with_keys = _list_flatten_with_keys
