"""Runs a program on a terminal of its own: COLUMNS LINES KEYS PROGRAM ARGUMENT…; waits until it has drawn its keys' line,
types the keys, waits for its end. Prints its exit code, then all that it drew."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

columns, lines, keys = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[4], sys.argv[4:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
drawn, typed, deadline = b"", False, time.monotonic() + 60
while time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        drawn += part
    if not typed and b"PROBLEMS" in drawn:
        os.write(terminal, keys.encode().decode("unicode_escape").encode())
        typed = True
else:
    os.kill(pid, 9)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
sys.stdout.flush()
sys.stdout.buffer.write(drawn)
