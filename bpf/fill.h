// One parameter of an event out of the call's arguments and its result, as the loader's table says.
#pragma once

static __always_inline u64 arg(struct scratch *s, u32 i)
{
	return i < 6 ? s->args[i] : 0;
}

static __always_inline u64 user_u64(u64 at)
{
	u64 n = 0;
	bpf_probe_read_user(&n, sizeof(n), (void *)at);
	return n;
}

#include "calls.h"

static __always_inline u32 file_flags(u64 native)
{
	u32 flags = 0, access = native & 3;
	flags |= access == 0 ? 1 : access == 1 ? 2 : 3;
	flags |= native & 0100 ? 1 << 2 : 0; // O_CREAT
	flags |= native & 02000 ? 1 << 3 : 0; // O_APPEND
	flags |= native & 010000 ? 1 << 4 : 0; // O_DSYNC
	flags |= native & 0200 ? 1 << 5 : 0; // O_EXCL
	flags |= native & 04000 ? 1 << 6 : 0; // O_NONBLOCK
	flags |= (native & 04010000) == 04010000 ? 1 << 7 : 0; // O_SYNC
	flags |= native & 01000 ? 1 << 8 : 0; // O_TRUNC
	flags |= native & 040000 ? 1 << 9 : 0; // O_DIRECT
	flags |= native & 0200000 ? 1 << 10 : 0; // O_DIRECTORY
	flags |= native & 0100000 ? 1 << 11 : 0; // O_LARGEFILE
	flags |= native & 02000000 ? 1 << 12 : 0; // O_CLOEXEC
	flags |= (native & 020200000) == 020200000 ? 1 << 13 : 0; // O_TMPFILE
	return flags;
}

#define MAY_CREATE (0100 | 020000000)

// Flags of an open call, with what the kernel found out about the file.
static __always_inline u32 opened_flags(struct scratch *s, u64 native)
{
	u32 flags = file_flags(native);
	struct file *file = s->ret >= 0 ? file_of(s->ret) : 0;
	if (file) {
		if (BPF_CORE_READ(file, f_mode) & FMODE_CREATED)
			flags |= 1 << 14;
		int layer = layer_of(BPF_CORE_READ(file, f_path.dentry));
		if (layer == LAYER_UPPER)
			flags |= 1 << 15;
		else if (layer == LAYER_LOWER)
			flags |= 1 << 16;
	}
	return flags;
}

static __always_inline void put_msg(struct scratch *s, u32 op, u64 at, s32 fd)
{
	struct user_msghdr hdr = {};
	u64 most = s->ret > 0 ? s->ret : 0;
	bool readable = !bpf_probe_read_user(&hdr, sizeof(hdr), (void *)at);
	switch (op) {
	case OP_MSG_SIZE_OUT:
		put_u32(s, iov_size(hdr.iov, hdr.iovlen));
		break;
	case OP_MSG_SIZE_IN:
		put_u32(s, iov_size(hdr.iov, hdr.iovlen));
		break;
	case OP_MSG_DATA:
		put_iov(s, hdr.iov, hdr.iovlen, most);
		break;
	case OP_MSG_TUPLE_OUT:
		if (!at) {
			put_empty(s);
			break;
		}
		put_tuple(s, fd, OUTBOUND, hdr.name, hdr.namelen);
		break;
	case OP_MSG_TUPLE_IN:
		if (!at) {
			put_empty(s);
			break;
		}
		put_tuple(s, fd, INBOUND, hdr.name, hdr.namelen);
		break;
	case OP_MSG_CONTROL: {
		u32 len = hdr.controllen > 1024 ? 1024 : hdr.controllen;
		if (!readable || s->ret < 0 || len == 0 || bpf_probe_read_user(room(s), len, (void *)hdr.control))
			len = 0;
		done(s, len);
		break;
	}
	}
}

// Calls whose effect is looked up in what they made.
__noinline int fill_file(struct scratch *s, u32 op, u32 a, u32 aux)
{
	if (!s)
		return 0;
	u64 x = arg(s, a);
	struct file *file = s->ret >= 0 ? file_of(s->ret) : 0;
	switch (op) {
	case OP_OPEN_FLAGS:
		put_u32(s, opened_flags(s, x));
		break;
	case OP_OPEN_MODE:
		put_u32(s, arg(s, aux) & MAY_CREATE ? x & 07777 : 0);
		break;
	case OP_CREAT_FLAGS:
		put_u16(s, file ? layer_of(BPF_CORE_READ(file, f_path.dentry)) : 0);
		break;
	case OP_HOW_FLAGS:
		put_u32(s, opened_flags(s, user_u64(x)));
		break;
	case OP_HOW_MODE:
		put_u32(s, user_u64(x) & MAY_CREATE ? user_u64(x + 8) & 07777 : 0);
		break;
	case OP_HOW_RESOLVE:
		put_u32(s, translate(user_u64(x + 16), aux));
		break;
	case OP_DEV:
		put_u32(s, file ? encode_dev(BPF_CORE_READ(file, f_inode, i_sb, s_dev)) : 0);
		break;
	case OP_INO:
		put_u64(s, file ? BPF_CORE_READ(file, f_inode, i_ino) : 0);
		break;
	case OP_FD_PATH:
		put_file_path(s, file);
		break;
	case OP_PAIR_FD: {
		s32 fd = -1;
		if (s->ret >= 0)
			bpf_probe_read_user(&fd, sizeof(fd), (void *)(x + 4 * aux));
		put_u64(s, (s64)fd);
		break;
	}
	case OP_PAIR_INO: {
		s32 fd = -1;
		if (s->ret >= 0)
			bpf_probe_read_user(&fd, sizeof(fd), (void *)(x + 4 * aux));
		struct file *end = file_of(fd);
		put_u64(s, end ? BPF_CORE_READ(end, f_inode, i_ino) : 0);
		break;
	}
	}
	return 0;
}

__noinline int fill_net(struct scratch *s, u32 op, u32 a, u32 aux)
{
	if (!s)
		return 0;
	u64 x = arg(s, a), y = arg(s, aux);
	switch (op) {
	case OP_SOCKADDR:
		put_sockaddr(s, x, y);
		break;
	case OP_TUPLE_OUT:
		put_tuple(s, x, OUTBOUND, 0, 0);
		break;
	case OP_TUPLE_CONNECT:
		if (s->ret == 0 || s->ret == -115) // EINPROGRESS
			put_tuple(s, x, OUTBOUND, arg(s, 1), arg(s, 2));
		else
			put_empty(s);
		break;
	case OP_TUPLE_SENDTO:
		if (s->ret >= 0)
			put_tuple(s, x, OUTBOUND, arg(s, 4), arg(s, 5));
		else
			put_empty(s);
		break;
	case OP_TUPLE_RECVFROM: {
		u32 len = 0;
		if (arg(s, 5))
			bpf_probe_read_user(&len, sizeof(len), (void *)arg(s, 5));
		if (s->ret >= 0)
			put_tuple(s, x, INBOUND, arg(s, 4), len);
		else
			put_empty(s);
		break;
	}
	case OP_TUPLE_ACCEPT:
		if (s->ret >= 0)
			put_tuple(s, s->ret, INBOUND, 0, 0);
		else
			put_empty(s);
		break;
	case OP_QUEUE: {
		struct sock *sk = BPF_CORE_READ(socket_of(x), sk);
		u32 len = BPF_CORE_READ(sk, sk_ack_backlog), most = BPF_CORE_READ(sk, sk_max_ack_backlog);
		put_u8(s, most ? (u64)len * 100 / most : 0);
		put_u32(s, len);
		put_u32(s, most);
		break;
	}
	case OP_IOV_SIZE:
		put_u32(s, iov_size(x, y));
		break;
	case OP_IOV_DATA:
		put_iov(s, x, y, s->ret > 0 ? s->ret : 0);
		break;
	default:
		put_msg(s, op, x, y);
		break;
	}
	return 0;
}

__noinline int fill_rest(struct scratch *s, u32 op, u32 a, u32 size_aux)
{
	if (!s)
		return 0;
	u32 size = size_aux & 0xff, aux = size_aux >> 8;
	u64 x = arg(s, a);
	switch (op) {
	case OP_XLAT:
		put_sized(s, size, translate(x, aux));
		break;
	case OP_FILE_FLAGS:
		put_sized(s, size, file_flags(x));
		break;
	case OP_USER_U64:
		if (x) {
			put_u64(s, user_u64(x + 8 * aux));
		} else {
			put_u64(s, -1);
		}
		break;
	case OP_OUT_U32: {
		u32 n = -1;
		if (s->ret >= 0)
			bpf_probe_read_user(&n, sizeof(n), (void *)x);
		put_u32(s, n);
		break;
	}
	case OP_TIMESPEC:
		put_u64(s, x ? user_u64(x) * 1000000000ull + user_u64(x + 8) : 0);
		break;
	case OP_MEMORY:
		put_memory(s);
		break;
	case OP_CAPSET: {
		// struct { u32 effective, permitted, inheritable; } of the low and then of the high half
		u32 low = 0, high = 0;
		bpf_probe_read_user(&low, 4, (void *)(x + 4 * aux));
		bpf_probe_read_user(&high, 4, (void *)(x + 12 + 4 * aux));
		put_u64(s, (u64)high << 32 | low);
		break;
	}
	case OP_GETCWD:
		if (s->ret > 0)
			put_user_str(s, x);
		else
			put_empty(s);
		break;
	case OP_MOUNT_FLAGS:
		put_u32(s, (x & 0xffff0000) == 0xc0ed0000 ? x & 0xffff : x);
		break;
	case OP_PTRACE_ADDR:
		*room(s) = 0;
		*(u64 *)&s->buf[(s->pos + 1) & 0xffff] = arg(s, 2);
		done(s, 9);
		break;
	case OP_PTRACE_DATA: {
		u64 request = arg(s, 0);
		bool peeks = request >= 1 && request <= 3;
		*room(s) = 0;
		*(u64 *)&s->buf[(s->pos + 1) & 0xffff] = peeks ? user_u64(arg(s, 3)) : arg(s, 3);
		done(s, 9);
		break;
	}
	case OP_PRCTL_STR: {
		u64 option = arg(s, 0);
		if (option == 15 || option == 16)
			put_user_str(s, arg(s, 1));
		else
			put_empty(s);
		break;
	}
	case OP_PRCTL_INT: {
		u64 option = arg(s, 0);
		if (option == 15 || option == 16) {
			put_u64(s, 0);
		} else if (option == 37) {
			s32 n = 0;
			bpf_probe_read_user(&n, sizeof(n), (void *)arg(s, 1));
			put_u64(s, (s64)n);
		} else {
			put_u64(s, arg(s, 1));
		}
		break;
	}
	case OP_SIGNALS:
		put_u32(s, x ? user_u64(x) : 0);
		break;
	default:
		put_empty(s);
		break;
	}
	return 0;
}

__noinline int fill_one(struct scratch *s, struct fill *how)
{
	if (!s || !how)
		return 0;
	u32 op = how->op, a = how->arg, size = how->size, aux = how->aux;
	u64 x = arg(s, a);
	if (op >= OP_FIRST_MORE)
		return fill_more(s, op, a, aux);
	if (op >= OP_FIRST_REST)
		return fill_rest(s, op, a, size | aux << 8);
	if (op >= OP_FIRST_NET)
		return fill_net(s, op, a, aux);
	if (op >= OP_FIRST_FILE)
		return fill_file(s, op, a, aux);
	switch (op) {
	case OP_RET:
		put_sized(s, size, s->ret);
		break;
	case OP_ARG:
		put_sized(s, size, x);
		break;
	case OP_INT: // an int of 32 bits in a wider parameter
		put_sized(s, size, (s64)(s32)x);
		break;
	case OP_STR:
		put_user_str(s, x);
		break;
	case OP_PATH:
		put_given_path(s, x);
		break;
	case OP_DATA_IN:
		put_user_data(s, x, s->ret > 0 ? s->ret : 0);
		break;
	case OP_DATA_OUT:
		put_user_data(s, x, s->ret > 0 ? s->ret : arg(s, aux));
		break;
	case OP_ZERO:
		put_sized(s, size, 0);
		break;
	case OP_CONST16:
		put_u16(s, a | aux << 8);
		break;
	default:
		put_empty(s);
		break;
	}
	return 0;
}
