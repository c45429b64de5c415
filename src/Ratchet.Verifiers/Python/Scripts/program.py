# Runs a program in its own process, and afterwards answers calls of its functions. All that is here is in the program's hands: nothing
# here is trusted, and nothing here knows what is expected of the program.
import ast
import builtins
import json
import linecache
import random
import threading
import traceback
import types

MAX_TEXT = 1 << 20
MAX_DEPTH = 100
MAX_ITEMS = 100_000


class NotPlain(Exception):
    """A value that is no plain data, or too much of it."""


def encode(value, handle, depth=0):
    """Plain data as JSON; what is not plain goes through handle(value). Subclasses are sent as the type that they extend."""
    if depth > MAX_DEPTH:
        raise NotPlain("the value is nested too deeply")

    def each(items):
        return [encode(item, handle, depth + 1) for item in items]

    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        value = int.__index__(value)
        return value if -(2**53) < value < 2**53 else {"i": hex(value)}
    if isinstance(value, float):
        value = float.__float__(value)
        return value if value - value == 0 else {"f": float.__repr__(value)}
    if isinstance(value, (str, bytes, bytearray)) and len(value) > MAX_TEXT:
        raise NotPlain("the value is too long")
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, complex):
        return {"c": [encode(value.real, handle), encode(value.imag, handle)]}
    if isinstance(value, (bytes, bytearray)):
        return {"b" if isinstance(value, bytes) else "a": bytes(value).hex()}
    for type_, tag, items in ((list, None, list.__iter__), (tuple, "t", tuple.__iter__), (set, "s", set.__iter__), (frozenset, "z", frozenset.__iter__)):
        if isinstance(value, type_):
            return each(items(value)) if tag is None else {tag: each(items(value))}
    if isinstance(value, dict):
        return {"d": [each(pair) for pair in dict.items(value)]}
    kind = type(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return encode(value.tolist(), handle, depth + 1)
    if kind.__module__ in ("fractions", "decimal") and kind.__name__ in ("Fraction", "Decimal"):
        return {"q" if kind.__name__ == "Fraction" else "m": str(value)}
    return handle(value)


def decode(data, handle):
    if isinstance(data, list):
        return [decode(item, handle) for item in data]
    if not isinstance(data, dict):
        return data
    ((tag, rest),) = data.items()
    if tag == "i":
        return int(rest, 16)
    if tag == "f":
        return float(rest)
    if tag == "c":
        return complex(*(decode(part, handle) for part in rest))
    if tag in "ba":
        return (bytes if tag == "b" else bytearray).fromhex(rest)
    if tag in "tsz":
        return {"t": tuple, "s": set, "z": frozenset}[tag](decode(item, handle) for item in rest)
    if tag == "d":
        return {decode(key, handle): decode(item, handle) for key, item in rest}
    if tag in "qm":
        import decimal
        import fractions
        return (fractions.Fraction if tag == "q" else decimal.Decimal)(rest)
    return handle(rest)


def read_line(fd, buffer):
    """A line from a pipe, or None at its end or where it is too long."""
    while True:
        end = buffer.find(b"\n")
        if end >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            return line
        if len(buffer) > 4 * MAX_TEXT:
            return None
        some = os.read(fd, 1 << 16)
        if not some:
            return None
        buffer += some


def write_line(fd, message):
    data = memoryview(json.dumps(message).encode() + b"\n")
    while data:
        data = data[os.write(fd, data):]


def parse(source, name):
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    return ast.parse(source, name)


class WithoutPrints(ast.NodeTransformer):
    """What earlier blocks of a dialogue print was shown then."""

    def visit_Expr(self, node):
        return ast.copy_location(ast.Pass(), node) if is_print(node) else node


def is_print(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "print"


def imports_of(source):
    """The lines of a failed block that are whole imports."""
    lines = []
    for line in source.splitlines():
        if line.startswith(("import ", "from ")):
            try:
                ast.parse(line)
                lines.append(line)
            except SyntaxError:
                pass
    return "\n".join(lines)


def run_blocks(request, module):
    """Runs the blocks of a program one after the other in one module. Gives the value of the last expression, or None."""
    names = vars(module)
    blocks = request["before"]
    for number, (source, ended_well) in enumerate(blocks):
        tree = parse(source if ended_well else imports_of(source), f"<block {number + 1}>")
        exec(compile(ast.fix_missing_locations(WithoutPrints().visit(tree)), f"<block {number + 1}>", "exec"), names)
    place = f"<block {len(blocks) + 1}>" if blocks else "<program>"
    tree = parse(request["code"], place)
    last = tree.body[-1] if request["echo"] and tree.body else None
    if not isinstance(last, ast.Expr) or "print(" in ast.get_source_segment(request["code"], last, padded=False):
        exec(compile(tree, place, "exec"), names)
        return None
    tree.body.pop()
    exec(compile(tree, place, "exec"), names)
    return eval(compile(ast.Expression(last.value), place, "eval"), names)


def run_program(request, value_fd=-1, calls=None):
    """Runs a program to its end and ends the process with its exit status; with pipes for calls it stays for these."""
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    module = types.ModuleType(request["name"])
    sys.modules["__main__"] = sys.modules[request["name"]] = module
    sys.argv = ["program.py"]
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    status = 0
    try:
        value = run_blocks(request, module)
        if value is not None:
            os.write(value_fd, str(value).encode("utf-8", "replace")[: 1 << 15])
        if calls is not None:
            serve(module, *calls)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if status == 1 and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        status = 1
        report(error)
    try:
        import atexit
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        status = status or 1
    os._exit(status & 255)


def report(error):
    """The traceback without the frames that started the program."""
    try:
        trace = error.__traceback__
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(("<program>", "<block ")):
            trace = trace.tb_next
        sys.stderr.write("".join(traceback.format_exception(type(error), error, trace, limit=-20)))
        sys.stderr.flush()
    except BaseException:
        os.write(2, (type(error).__name__ + "\n").encode())


def serve(module, reading, writing):
    """Answers calls until the pipe ends."""
    objects = []

    def handle(value):
        objects.append(value)
        return {"h": [len(objects) - 1, type(value).__name__]}

    names = []
    for name, value in list(vars(module).items()):
        if isinstance(value, types.ModuleType):
            names.append([name, "module", value.__name__])
        elif callable(value):
            names.append([name, "callable", handle(value)])
        elif not name.startswith("__"):
            try:
                names.append([name, "value", encode(value, handle)])
            except Exception:
                pass
    write_line(writing, {"names": names})
    buffer = bytearray()
    while True:
        line = read_line(reading, buffer)
        if line is None:
            return
        request = json.loads(line)
        try:
            target = objects[request["h"]]
            operation = request["op"]
            given = [decode(part, lambda h: objects[h[0]]) for part in request["args"]]
            if operation == "call":
                named = {key: decode(part, lambda h: objects[h[0]]) for key, part in request["named"].items()}
                result = target(*given, **named)
            elif operation == "attr":
                result = getattr(target, *given)
            elif operation == "set":
                result = setattr(target, *given)
            elif operation == "item":
                result = target[given[0]]
            elif operation == "len":
                result = len(target)
            elif operation == "iter":
                result = []
                for item in target:
                    result.append(item)
                    if len(result) > MAX_ITEMS:
                        raise NotPlain("the iteration is too long")
            else:
                result = str(target) if operation == "str" else repr(target)
            answer = {"value": encode(result, handle), "args": [encode(part, handle) if isinstance(part, (list, dict, set, bytearray)) else None for part in given]}
        except SystemExit:
            raise
        except BaseException as error:
            bases = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
            answer = {"error": [bases[0], str(error)[:1000], type(error).__name__]}
        write_line(writing, answer)
