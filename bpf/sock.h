// What sockets are called, for the programs of events and for the iterators.
#pragma once

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define SOCK_RAW 3
#define SOCKFS_MAGIC 0x534f434b

static __always_inline u16 swap16(u16 n) { return __builtin_bswap16(n); }

// Sockets are named by their inode's number, as /proc names them; their address in the kernel is nobody's business.
static __always_inline u64 socket_number(struct socket *socket)
{
	if (!socket)
		return 0;
	struct socket_alloc *both = (void *)socket - bpf_core_field_offset(struct socket_alloc, socket);
	return BPF_CORE_READ(both, vfs_inode.i_ino);
}
