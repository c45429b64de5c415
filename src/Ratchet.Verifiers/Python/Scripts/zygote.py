# Stands ready inside bubblewrap with everything loaded. For each request it forks a supervisor; the supervisor reads the request, forks the
# program (and after it the checker, so that the program never had the tests in its memory), watches them and answers. The zygote itself
# reads nothing and runs nothing that a request brings.
import gc
import select
import signal
import time

HEADER = struct.Struct("<4s4I2Q5I")
TICK = 0.05
PAGE = resource.getpagesize()


def read_exactly(count):
    parts = []
    while count > 0:
        part = os.read(0, min(count, 1 << 20))
        if not part:
            os._exit(3)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def pipe():
    reading, writing = os.pipe2(os.O_CLOEXEC)
    return reading, writing


def start(places, limits, job):
    """Forks a process as the first of a new process namespace, with the given files as 0, 1, 2, ... and no others."""
    must(libc.unshare(NEW_PIDS), "process namespace")
    pid = os.fork()
    if pid == 0:
        try:
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in places]
            for number, fd in enumerate(high):
                os.dup2(fd, number, inheritable=number < 3)
            os.closerange(len(places), 256)
            gc.enable()
            raise_walls(*limits)
        except BaseException as error:
            os.write(2, f"\0walls: {error}".encode())
            os._exit(99)
        try:
            job()
            os._exit(0)
        finally:
            os._exit(98)
    must(libc.setns(OWN_PIDS, NEW_PIDS), "process namespace")
    for fd in places:
        os.close(fd)
    return pid


def foreign_memory(base):
    """Bytes that the programs' processes hold beyond what they share with this one."""
    total = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in KNOWN:
            try:
                with open(f"/proc/{entry}/statm", "rb") as file:
                    total += max(0, int(file.read().split()[1]) - base)
            except (OSError, IndexError):
                pass
    return total * PAGE


def supervise():
    magic, program_size, input_size, tests_size, output_limit, memory, scratch, wall_ms, cpu_seconds, processes, echo, testing = HEADER.unpack(read_exactly(HEADER.size))
    if magic != b"RPY1":
        os._exit(3)
    program, given = read_exactly(program_size), memoryview(read_exactly(input_size))
    limits = (memory, cpu_seconds, processes + len(KNOWN) + testing, scratch)  # beside the sandbox's own
    began = time.monotonic()
    end = began + wall_ms / 1000
    taken = {}
    stdin, out, errors, value = pipe(), pipe(), pipe(), pipe()
    to_program, from_program, result = (pipe(), pipe(), pipe()) if testing else (None, None, None)
    request = json.loads(program)
    if testing:
        alive = start([stdin[0], out[1], errors[1], to_program[0], from_program[1]], limits, lambda: run_program(request, calls=(3, 4)))
        os.close(value[1])
    else:
        alive = start([stdin[0], out[1], errors[1], value[1]], limits, lambda: run_program(request, 3))
    running = {"program": alive}
    if testing:
        tests = read_exactly(tests_size).decode("utf-8", "replace")
        null = [os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC) for _ in range(3)]
        running["checker"] = start(null + [from_program[0], to_program[1], result[1]], limits, lambda: write_line(5, run_tests(tests, 3, 4)))
    os.set_blocking(stdin[1], False)
    poll = select.poll()
    sinks = {out[0]: "out", errors[0]: "errors", value[0]: "value"}
    if testing:
        sinks[result[0]] = "result"
    for fd, name in sinks.items():
        os.set_blocking(fd, False)
        poll.register(fd, select.POLLIN)
        taken[name] = bytearray()
    poll.register(stdin[1], select.POLLOUT)
    pidfds = {os.pidfd_open(pid): name for name, pid in running.items()}
    for fd in pidfds:
        poll.register(fd, select.POLLIN)
    base = int(open("/proc/self/statm").read().split()[1])
    ended, cause, cpu = {}, "", 0.0
    tick = began + TICK

    def drain(fd):
        name = sinks[fd]
        while True:
            try:
                some = os.read(fd, 1 << 16)
            except BlockingIOError:
                return
            if not some:
                poll.unregister(fd)
                del sinks[fd]
                return
            taken[name] += some
            if len(taken[name]) > (output_limit if name != "result" else MAX_TEXT):
                raise OverflowError(name)

    try:
        while running and (not testing or "checker" in running):
            now = time.monotonic()
            if now >= end:
                cause = "time"
                break
            if now >= tick:
                tick = now + TICK
                if foreign_memory(base) > memory:
                    cause = "memory"
                    break
            for fd, events in poll.poll(min(end, tick) * 1000 - now * 1000 + 1):
                if fd in sinks:
                    drain(fd)
                elif fd == stdin[1]:
                    try:
                        given = given[os.write(fd, given):] if given else given
                    except BlockingIOError:
                        continue
                    except OSError:
                        given = given[:0]
                    if not given:
                        poll.unregister(fd)
                        os.close(fd)
                else:
                    name = pidfds[fd]
                    poll.unregister(fd)
                    _, status, usage = os.wait4(running.pop(name), 0)
                    ended[name] = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                    cpu += usage.ru_utime + usage.ru_stime
        for fd in list(sinks):
            drain(fd)
    except OverflowError as error:
        cause = "output"
        del taken[error.args[0]][output_limit:]
    for fd, name in pidfds.items():
        if name not in running:
            continue
        # A program that has left the checker alone may just be ending: what it ends with says why.
        gone = not cause and name == "program" and b'"gone"' in taken.get("result", b"") and select.select([fd], [], [], 1)[0]
        os.kill(running[name], signal.SIGKILL)
        _, status, usage = os.wait4(running[name], 0)
        cpu += usage.ru_utime + usage.ru_stime
        if gone or cause:
            ended[name] = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    answer = {name: bytes(data).decode("utf-8", "replace") for name, data in taken.items()}
    answer.update(cause=cause, ended=ended, cpu=cpu, seconds=time.monotonic() - began)
    write_line(1, answer)


def main(modules):
    os.set_inheritable(0, False)
    loaded = []
    for name in modules:
        try:
            module = __import__(name)
            loaded.append(f"{name} {getattr(module, '__version__', '')}".strip())
        except ImportError:
            pass
    write_line(1, {"python": sys.version.split()[0], "modules": loaded})
    gc.collect()
    gc.freeze()
    gc.disable()
    waiting = select.poll()
    waiting.register(0, select.POLLIN)
    while True:
        if not any(events & select.POLLIN for _, events in waiting.poll()):
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            KNOWN.add(os.getpid())
            try:
                supervise()
                os._exit(0)
            except BaseException as error:
                sys.stderr.write(f"supervisor: {type(error).__name__}: {error}\n")
                sys.stderr.flush()
            finally:
                os._exit(4)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            os._exit(4)  # what is left of the request in the pipe is unknown: the owner starts a fresh sandbox


import fcntl  # noqa: E402

OWN_PIDS = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
KNOWN = {1, os.getpid()}
main(sys.argv[1:])
