"""Features of a model by the names of its modules: what comes after the last of them is not run."""

from collections import OrderedDict

from torch import nn


class _Done(Exception):
    pass


class FeatureExtractor(nn.Module):
    """A model of which the outputs of named modules are wanted. A name with `_1` is that module's second call."""

    def __init__(self, model, return_nodes):
        super().__init__()
        nodes = return_nodes if isinstance(return_nodes, dict) else {n: n for n in return_nodes}
        known = dict(model.named_modules())
        self._wanted = {}
        for node, name in nodes.items():
            path, _, call = node.rpartition("_")
            path, call = (path, int(call)) if node not in known and call.isdigit() and path in known else (node, 0)
            if path not in known or not path:
                raise ValueError(
                    f"node: '{node}' is not present in model. opcount finds nodes by the names of modules: {', '.join(list(known)[1:9])}, …"
                )
            self._wanted[(path, call)] = name
        self.__dict__["_inner"] = model
        for name, child in model.named_children():
            self.add_module(name, child)

    def forward(self, *args, **kwargs):
        found, calls, handles = {}, {}, []

        def keep(path):
            def hook(module, given, out):
                n = calls[path] = calls.get(path, -1) + 1
                if (path, n) in self._wanted:
                    found[self._wanted[(path, n)]] = out
                    if len(found) == len(self._wanted):
                        raise _Done

            return hook

        for path, module in self._inner.named_modules():
            if any(p == path for p, _ in self._wanted):
                handles.append(module.register_forward_hook(keep(path)))
        try:
            self._inner.train(self.training)
            self._inner.forward(*args, **kwargs)
        except _Done:
            pass
        finally:
            for handle in handles:
                handle.remove()
        return OrderedDict((name, found[name]) for name in self._wanted.values())


def create_feature_extractor(
    model,
    return_nodes=None,
    train_return_nodes=None,
    eval_return_nodes=None,
    tracer_kwargs=None,
    suppress_diff_warning=False,
    concrete_args=None,
):
    return FeatureExtractor(model, return_nodes if return_nodes is not None else eval_return_nodes)


def get_graph_node_names(model, *args, **kwargs):
    names = [n for n, _ in model.named_modules() if n]
    return names, names
