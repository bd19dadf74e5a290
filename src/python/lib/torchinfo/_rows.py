"""The rows of torchinfo: one for each call of a module, as its hooks write them."""

from _opcount import tools


class Row:
    """One call. `inside`: the rows below it, at any depth; `again`: whether the module was seen before."""

    def __init__(self, module, variable, level, path, parent):
        self.module, self.variable, self.level, self.path, self.parent = module, variable, level, path, parent
        self.given, self.made, self.bytes = [], [], 0
        self.inside, self.index, self.again, self.macs = [], 0, False, 0
        self.params = tools.parameters(module)
        self.trains = tools.parameters(module, trainable=True)


class Watch:
    """Hooks on every module of a model, and the rows that they write."""

    def __init__(self, model):
        self.rows = []
        self._running, self._seen, self._handles = [], set(), []
        self._places = {}
        self._place(model, type(model).__name__, 0, "", None)
        for module in self._places:
            self._handles.append(module.register_forward_pre_hook(self._before))
            self._handles.append(module.register_forward_hook(self._after))

    def _place(self, module, variable, level, path, parent):
        place = Row(module, variable, level, path, parent)
        self._places.setdefault(module, []).append(place)
        for name, child in module._modules.items():
            if child is not None:
                self._place(child, name, level + 1, f"{path}.{name}" if path else name, place)

    def _context(self, module):
        """Of the places of a module, the one under what is running."""
        places = self._places[module]
        running = {r.module for r in self._running}
        for place in places if len(places) > 1 and self._running else ():
            parent = place.parent
            while parent is not None and parent.module not in running:
                parent = parent.parent
            if parent is not None and parent.module is self._running[-1].module:
                return place
        return places[0]

    def _before(self, module, args):
        place = self._context(module)
        row = Row(module, place.variable, place.level, place.path, place.parent)
        self._note(row)
        self.rows.append(row)
        self._running.append(row)

    def _note(self, row):
        row.again = row.module in self._seen
        self._seen.add(row.module)

    def _after(self, module, args, out):
        row = self._running.pop()
        row.given, _ = _size(args)
        row.made, row.bytes = _size(out)

    def close(self):
        for handle in self._handles:
            handle.remove()

    def finish(self, macs):
        """Adds rows for containers that nothing calls, numbers the rows, and shares the counts of a path among its calls."""
        rows, open_ = [], {}
        for row in self.rows:
            above, parent = {}, row.parent
            while parent is not None and parent.level > 0:
                above[parent.level] = parent
                parent = parent.parent
            for level in range(1, row.level):
                if (level not in open_ or open_[level].module is not above[level].module) and not (
                    rows and rows[-1].module is above[level].module
                ):
                    holder = Row(above[level].module, above[level].variable, level, above[level].path, above[level].parent)
                    self._note(holder)
                    rows.append(holder)
                    open_[level] = holder
            rows.append(row)
            open_ = {level: r for level, r in open_.items() if level < row.level}
            open_[row.level] = row
        numbers, calls = {}, {}
        for i, row in enumerate(rows):
            numbers[row.level] = row.index = numbers.get(row.level, 0) + 1
            calls.setdefault(row.path, []).append(row)
            for other in rows[i + 1 :]:
                if other.level <= row.level:
                    break
                row.inside.append(other)
        for path, count in macs.items():
            for row in calls.get(path, ()):
                row.macs = count // len(calls[path])
        self.rows = rows
        return rows


def _size(value):
    """Shape and bytes of the first tensor in a nested value."""
    if hasattr(value, "_store"):
        return list(value.shape), value.numel() * value.element_size()
    if hasattr(value, "batch_sizes"):
        return _size(value.data)
    if isinstance(value, dict) and value:
        return _size(list(value.values())[-1])
    if isinstance(value, (tuple, list)) and value:
        return _size(value[0])
    return [], 0
