// Sockets: addresses and both ends of a connection.
#pragma once
#include "sock.h"

#define NR_CONNECT 42

enum { OUTBOUND = 0, INBOUND = 1 };

static __always_inline struct socket *socket_of(s32 fd)
{
	struct file *file = file_of(fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	return BPF_CORE_READ(file, private_data);
}

// An address that user space gives, or gave when the call began. Whether there is one.
static __always_inline bool read_address(struct scratch *s, struct user_sockaddr *addr, u64 from, u32 len)
{
	struct given *kept = s->nr == NR_CONNECT ? given(s) : 0;
	if (len > sizeof(*addr))
		len = sizeof(*addr);
	if (!from || len < 2)
		return 0;
	return kept ? !bpf_probe_read_kernel(addr, len, kept->path) : !bpf_probe_read_user(addr, len, (void *)from);
}

__noinline int put_sockaddr(struct scratch *s, u64 from, u32 len)
{
	if (!s)
		return 0;
	struct user_sockaddr addr = {};
	if (!read_address(s, &addr, from, len)) {
		put_empty(s);
		return 0;
	}
	u8 *to = room(s);
	to[0] = addr.family;
	if (addr.family == AF_INET) {
		*(u32 *)&to[1] = *(u32 *)&addr.data[2];
		*(u16 *)&to[5] = swap16(*(u16 *)&addr.data[0]);
		done(s, 7);
	} else if (addr.family == AF_INET6) {
		__builtin_memcpy(&to[1], &addr.data[6], 16);
		*(u16 *)&to[17] = swap16(*(u16 *)&addr.data[0]);
		done(s, 19);
	} else if (addr.family == AF_UNIX) {
		// A name that begins with a NUL is an abstract one; as in /proc/net/unix the NUL is shown as `@`.
		u32 at = s->pos + 1;
		long n = 0;
		if (addr.data[0] == 0 && len > 3) {
			s->buf[at & 0xffff] = '@';
			n = 1 + bpf_probe_read_kernel_str(&s->buf[(at + 1) & 0xffff], 107, &addr.data[1]);
		} else {
			n = bpf_probe_read_kernel_str(&s->buf[at & 0xffff], 109, addr.data);
		}
		done(s, 1 + (n > 0 ? n & 0x7f : 0));
	} else {
		done(s, 1);
	}
	return 0;
}

static __always_inline u32 unix_path(struct scratch *s, u32 at, struct unix_sock *sock)
{
	struct unix_address *address = BPF_CORE_READ(sock, addr);
	s->buf[at & 0xffff] = 0;
	if (!address)
		return 1;
	// The address follows its length; its first two bytes are the family. A name that begins with a NUL ends where the address does, and
	// what follows is other memory of the kernel: it is copied first, and ended.
	u32 len = BOUND((u32)BPF_CORE_READ(address, len) - 2, 0x7f);
	u64 name = (u64)address + bpf_core_field_offset(struct unix_address, len) + sizeof(int) + 2;
	if (len > 108 || bpf_probe_read_kernel(s->path, len, (void *)name))
		return 1;
	s->path[len] = 0;
	u32 skip = s->path[0] == 0 && len > 1;
	if (skip)
		s->buf[at & 0xffff] = '@';
	long n = skip + bpf_probe_read_kernel_str(&s->buf[(at + skip) & 0xffff], 109, &s->path[skip]);
	return n > 0 ? n & 0x7f : 1;
}

// Both ends, the client's first. `address` is the one that the call was given, for datagrams sent without a connection.
__noinline int put_tuple(struct scratch *s, s32 fd, u32 direction, u64 address, u32 address_len)
{
	if (!s)
		return 0;
	struct socket *socket = socket_of(fd);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	if (!sk) {
		put_empty(s);
		return 0;
	}
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	u8 *to = room(s);
	struct user_sockaddr given = {};
	if (address_len >= 8)
		read_address(s, &given, address, address_len);
	if (family == AF_INET) {
		struct inet_sock *inet = (void *)sk;
		u32 local = BPF_CORE_READ(inet, inet_saddr), remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		u16 lport = swap16(BPF_CORE_READ(inet, inet_sport)), rport = swap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
		if (rport == 0 && given.family == AF_INET) {
			remote = *(u32 *)&given.data[2];
			rport = swap16(*(u16 *)&given.data[0]);
		}
		bool out = direction == OUTBOUND;
		to[0] = AF_INET;
		*(u32 *)&to[1] = out ? local : remote;
		*(u16 *)&to[5] = out ? lport : rport;
		*(u32 *)&to[7] = out ? remote : local;
		*(u16 *)&to[11] = out ? rport : lport;
		done(s, 13);
	} else if (family == AF_INET6) {
		struct inet_sock *inet = (void *)sk;
		struct in6_addr local = BPF_CORE_READ(sk, __sk_common.skc_v6_rcv_saddr), remote = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr);
		u16 lport = swap16(BPF_CORE_READ(inet, inet_sport)), rport = swap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
		if (rport == 0 && given.family == AF_INET6) {
			__builtin_memcpy(&remote, &given.data[6], 16);
			rport = swap16(*(u16 *)&given.data[0]);
		}
		bool out = direction == OUTBOUND;
		to[0] = AF_INET6;
		__builtin_memcpy(&to[1], out ? &local : &remote, 16);
		*(u16 *)&to[17] = out ? lport : rport;
		__builtin_memcpy(&to[19], out ? &remote : &local, 16);
		*(u16 *)&to[35] = out ? rport : lport;
		done(s, 37);
	} else if (family == AF_UNIX) {
		struct unix_sock *us = (void *)sk, *peer = (void *)BPF_CORE_READ(us, peer);
		u64 mine = socket_number(socket);
		u64 theirs = peer ? socket_number(BPF_CORE_READ((struct sock *)peer, sk_socket)) : 0;
		bool out = direction == OUTBOUND;
		to[0] = AF_UNIX;
		*(u64 *)&to[1] = out ? mine : theirs;
		*(u64 *)&to[9] = out ? theirs : mine;
		// The path is the server's: the peer's for who connects, the own for who accepts.
		u32 n = unix_path(s, s->pos + 17, out && peer ? peer : us);
		done(s, 17 + n);
	} else {
		put_empty(s);
	}
	return 0;
}

// ---- scattered data

// The first bytes of what an array of buffers holds. `most` is what the call moved.
__noinline int put_iov(struct scratch *s, u64 array, u32 n, u64 most)
{
	if (!s)
		return 0;
	u32 at = 0, limit = snaplen > MAX_TEXT ? MAX_TEXT : snaplen;
	if (most < limit)
		limit = most;
	for (u32 i = 0; i < 32; i++) {
		struct user_iovec iov = {};
		if (i >= n || at >= limit || bpf_probe_read_user(&iov, sizeof(iov), (void *)(array + i * sizeof(iov))))
			break;
		u32 take = iov.len > limit - at ? limit - at : iov.len;
		take &= 0x1fff;
		if (take > MAX_TEXT || bpf_probe_read_user(&s->buf[(s->pos + at) & 0xffff], take, (void *)iov.base))
			break;
		at += take;
	}
	if (most > at)
		s->cut += most - at;
	done(s, at);
	return 0;
}

__noinline u64 iov_size(u64 array, u32 n)
{
	u64 sum = 0;
	for (u32 i = 0; i < 64; i++) {
		struct user_iovec iov = {};
		if (i >= n || bpf_probe_read_user(&iov, sizeof(iov), (void *)(array + i * sizeof(iov))))
			break;
		sum += iov.len;
	}
	return sum;
}
