// A disk that is full while the file named by FULL_DISK_WHEN exists: no regular file can be made longer (ENOSPC), and what
// is written in place is written, as on a real one. For LD_PRELOAD, so that it needs no rights and works in a container:
//
//   clang -shared -fPIC -o full_disk.so full_disk.c

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_refused(int descriptor, off64_t end) {
  const char *when = getenv("FULL_DISK_WHEN");
  struct stat64 status;
  if (when == NULL || access(when, F_OK) != 0) return 0;
  return fstat64(descriptor, &status) == 0 && S_ISREG(status.st_mode) && end > status.st_size;
}

static ssize_t refuse(void) {
  errno = ENOSPC;
  return -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
  return is_refused(descriptor, offset + count) ? refuse() : real(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
  static ssize_t (*real)(int, const struct iovec *, int, off_t);
  off64_t end = offset;
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwritev");
  for (int part = 0; part < count; part++) end += parts[part].iov_len;
  return is_refused(descriptor, end) ? refuse() : real(descriptor, parts, count, offset);
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
  static int (*real)(int, off_t, off_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "posix_fallocate");
  return is_refused(descriptor, offset + length) ? ENOSPC : real(descriptor, offset, length);
}
