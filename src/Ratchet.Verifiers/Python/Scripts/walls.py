# Walls around one program. Runs in the sandbox's own Python, inside bubblewrap, before any foreign code does.
import ctypes
import os
import resource
import struct
import sys

if sys.version_info < (3, 10):
    sys.exit("Python 3.10 or newer is needed, and this is " + sys.version.split()[0])

NEW_NAMESPACES = 0x00020000 | 0x08000000  # CLONE_NEWNS | CLONE_NEWIPC
NEW_PIDS = 0x20000000  # CLONE_NEWPID
EPERM, ENOSYS = 1, 38

# Calls of the kernel that no program needs and that widen what it can reach: name, number on x86_64, on aarch64 (-1: not there).
REFUSED_CALLS = """
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kcmp 312 272, pidfd_getfd 438 438, process_madvise 440 440,
unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, open_tree 428 428, move_mount 429 429,
fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442, bpf 321 280, perf_event_open 298 241,
userfaultfd 323 282, io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, keyctl 250 219, add_key 248 217,
request_key 249 218, memfd_create 319 279, memfd_secret 447 447, socket 41 198, init_module 175 105, finit_module 313 273,
delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294, reboot 169 142, swapon 167 224, swapoff 168 225, quotactl 179 60,
acct 163 89, settimeofday 164 170, clock_settime 227 112, clock_adjtime 305 266, adjtimex 159 171, name_to_handle_at 303 264,
open_by_handle_at 304 265, syslog 103 116, iopl 172 -1, ioperm 173 -1, modify_ldt 154 -1, move_pages 279 239, migrate_pages 256 238,
fanotify_init 300 262, sethostname 170 161, setdomainname 171 162, vhangup 153 58, mknod 133 -1, mknodat 259 33,
shmget 29 194, semget 64 190, msgget 68 186
"""
MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column above, audit number, clone
CLONE3 = 435
NAMESPACE_FLAGS = 0x7E020000  # every CLONE_NEW* that clone can be asked for

libc = ctypes.CDLL(None, use_errno=True)
libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]


def must(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, what + ": " + os.strerror(number))


def seccomp_filter():
    """A classic BPF program over (call number, architecture, arguments): refused calls give EPERM, other architectures die."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError("there is no filter of system calls for the processor " + machine)
    column, audit, clone = MACHINES[machine]
    numbers = sorted(int(words[1 + column]) for words in (entry.split() for entry in REFUSED_CALLS.split(",")) if int(words[1 + column]) >= 0)

    def op(code, jump_true, jump_false, value):
        return struct.pack("=HBBI", code, jump_true, jump_false, value)

    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    error, allow, kill = 0x00050000, 0x7FFF0000, 0x80000000
    program = [op(load, 0, 0, 4), op(equal, 1, 0, audit), op(answer, 0, 0, kill), op(load, 0, 0, 0)]
    program += [op(at_least, 0, 1, 0x40000000), op(answer, 0, 0, kill)]  # the x32 calls of x86_64
    program += [op(equal, 0, 1, CLONE3), op(answer, 0, 0, error | ENOSYS)]  # its flags are in memory; the C library falls back to clone
    for number in numbers:
        program += [op(equal, 0, 1, number), op(answer, 0, 0, error | EPERM)]
    program += [op(equal, 0, 3, clone), op(load, 0, 0, 16), op(any_bit, 0, 1, NAMESPACE_FLAGS), op(answer, 0, 0, error | EPERM), op(answer, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(program))
    return struct.pack("=HxxxxxxQ", len(program), ctypes.addressof(code)), code


FILTER, FILTER_CODE = seccomp_filter()
FILTER_HEAD = ctypes.create_string_buffer(FILTER)
LAST_CAPABILITY = int(open("/proc/sys/kernel/cap_last_cap").read())


def raise_walls(memory, cpu_seconds, processes, scratch):
    """Shuts the calling process, which is the first of a new process namespace, into its own namespaces, limits and filter."""
    os.setsid()  # else kill(0) would reach the processes that started this one
    must(libc.unshare(NEW_NAMESPACES), "namespaces")
    must(libc.mount(b"scratch", b"/tmp", b"tmpfs", 6, b"size=%d,nr_inodes=1024,mode=700" % scratch), "scratch")  # 6: nosuid, nodev
    must(libc.umount2(b"/proc", 2), "proc")
    os.chdir("/tmp")
    limits = {
        resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: cpu_seconds, resource.RLIMIT_FSIZE: scratch, resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: processes, resource.RLIMIT_CORE: 0, resource.RLIMIT_MEMLOCK: 0, resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 64, resource.RLIMIT_RTPRIO: 0,
    }
    for name, value in limits.items():
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))
    must(libc.prctl(47, 4, 0, 0, 0), "ambient capabilities")  # PR_CAP_AMBIENT, clear all
    for capability in range(LAST_CAPABILITY + 1):
        must(libc.prctl(24, capability, 0, 0, 0), "capability")  # PR_CAPBSET_DROP
    header = struct.pack("=Ii", 0x20080522, 0)
    must(libc.capset(header, bytes(24)), "capabilities")
    must(libc.prctl(38, 1, 0, 0, 0), "privileges")  # PR_SET_NO_NEW_PRIVS
    must(libc.prctl(22, 2, ctypes.addressof(FILTER_HEAD), 0, 0), "system calls")  # PR_SET_SECCOMP, filter
