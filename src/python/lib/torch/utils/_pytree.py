"""Nested containers, taken apart and put together."""


def tree_flatten(tree):
    leaves = []

    def shape(node):
        if isinstance(node, dict):
            return ("dict", type(node), list(node), [shape(v) for v in node.values()])
        if isinstance(node, (list, tuple)):
            return ("list", type(node), None, [shape(v) for v in node])
        leaves.append(node)
        return None

    return leaves, shape(tree)


def tree_unflatten(leaves, spec):
    leaves = iter(leaves)

    def build(node):
        if node is None:
            return next(leaves)
        kind, cls, keys, parts = node
        values = [build(p) for p in parts]
        if kind == "dict":
            return cls(zip(keys, values))
        return cls(*values) if hasattr(cls, "_fields") else cls(values)

    return build(spec)


def tree_map(f, tree):
    leaves, spec = tree_flatten(tree)
    return tree_unflatten([f(x) for x in leaves], spec)


def tree_leaves(tree):
    return tree_flatten(tree)[0]


class PyTree:
    pass
