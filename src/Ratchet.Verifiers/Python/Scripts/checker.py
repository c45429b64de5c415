# Runs the tests of a program in a process that the program is not in: its functions are called through pipes, and only plain data comes
# back, so that what is expected never lies in the program's memory and no object of the program takes part in a comparison.

class ProgramGone(BaseException):
    """The program's process does not answer any more. Not an Exception: tests do not catch it."""


class ProgramError(Exception):
    """An exception of the program that is not one of Python's own."""


class Remote:
    """An object in the program's process: it can be called and looked into, but never compared."""

    def __init__(self, link, number, kind):
        object.__setattr__(self, "_at", (link, number, kind))

    def __call__(self, *given, **named):
        return self._at[0].ask(self, "call", given, named)

    def __getattr__(self, name):
        return self._at[0].ask(self, "attr", (name,))

    def __setattr__(self, name, value):
        self._at[0].ask(self, "set", (name, value))

    def __getitem__(self, key):
        return self._at[0].ask(self, "item", (key,))

    def __len__(self):
        return self._at[0].ask(self, "len", ())

    def __iter__(self):
        return iter(self._at[0].ask(self, "iter", ()))

    def __str__(self):
        return self._at[0].ask(self, "str", ())

    def __repr__(self):
        return self._at[0].ask(self, "repr", ())

    def __bool__(self):
        raise TypeError(f"an object of the program's type {self._at[2]} is not plain data and stands for no truth value")


class Link:
    def __init__(self, reading, writing):
        self.reading, self.writing, self.buffer, self.calls = reading, writing, bytearray(), 0

    def receive(self):
        line = read_line(self.reading, self.buffer)
        if line is None:
            raise ProgramGone
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise ProgramGone from None

    def remote(self, rest):
        number, kind = rest
        return Remote(self, int(number), str(kind))

    def decode(self, data):
        try:
            return decode(data, self.remote)
        except (TypeError, ValueError, RecursionError, KeyError, ArithmeticError):
            raise ProgramGone from None

    def send(self, value):
        def handle(value):
            if isinstance(value, Remote):
                return {"h": [value._at[1], ""]}
            raise TypeError(f"the tests hand a {type(value).__name__} to the program, and only plain data can be handed over")
        return encode(value, handle)

    def ask(self, target, operation, given, named={}):
        message = {"h": target._at[1], "op": operation, "args": [self.send(part) for part in given], "named": {key: self.send(part) for key, part in named.items()}}
        try:
            write_line(self.writing, message)
        except OSError:
            raise ProgramGone from None
        answer = self.receive()
        if not isinstance(answer, dict):
            raise ProgramGone
        self.calls += operation == "call"
        if "error" in answer:
            name, text, shown = (str(part) for part in answer["error"])
            kind = getattr(builtins, name, None)
            if not (isinstance(kind, type) and issubclass(kind, Exception)) or kind in (AssertionError, StopIteration):
                raise ProgramError(f"{shown}: {text}")
            try:
                error = kind(text)
            except TypeError:
                error = ProgramError(f"{shown}: {text}")
            raise error
        value = self.decode(answer.get("value"))
        for part, after in zip(given, answer.get("args", ())):
            if after is None or not isinstance(part, (list, dict, set, bytearray)):
                continue
            after = self.decode(after)
            if type(after) is type(part) and after != part:  # the function changed its argument
                part.clear()
                part.extend(after) if isinstance(part, (list, bytearray)) else part.update(after)
        return value


def names_in(tree):
    used, based, bound = set(), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            based.add(node.value.id)
    return used, based, bound


def run_tests(source, reading, writing):
    """Gives the findings: {"passed": count} or one of "failed", "gone", "unreadable"."""
    try:
        tree = parse(source, "<tests>")
        code = compile(tree, "<tests>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {"unreadable": f"The tests are not Python: {error}"}
    asserts = sum(isinstance(node, ast.Assert) for node in ast.walk(tree))
    if asserts == 0:
        return {"unreadable": "The tests hold no assert statement."}
    used, based, bound = names_in(tree)
    link = Link(reading, writing)
    names = {"__name__": "tests", "__builtins__": builtins}
    try:
        first = link.receive()
        for name, kind, data in first["names"]:
            if name in bound or name not in used:
                continue
            if hasattr(builtins, name):
                return {"failed": f"The program redefines '{name}', which the tests use.", "refused": True}
            if name in sys.stdlib_module_names and (name in based or kind == "module"):
                names[name] = __import__(name)
            elif kind != "module":
                names[name] = link.decode(data)
            elif data.split(".")[0] in sys.stdlib_module_names or data.split(".")[0] in ("numpy", "sympy"):
                __import__(data)
                names[name] = sys.modules[data]
        exec(code, names)
    except ProgramGone:
        return {"gone": True}
    except MemoryError:
        return {"memory": True}
    except BaseException as error:
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "<tests>":
                line = trace.tb_lineno
            trace = trace.tb_next
        what = "the assertion fails" if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"[:500]
        return {"failed": f"Line {line} of the tests: {what}."}
    if link.calls == 0:
        return {"failed": "The tests pass without a single call of the program."}
    return {"passed": asserts}
