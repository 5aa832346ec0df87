// Parameters of calls that no other call shares: polling, socket options, semaphores, quotas, keys, rings, file system contexts.
#pragma once

#define NR_GETSOCKOPT 55
#define MAX_POLL 64

static __always_inline u32 user_u32(u64 at)
{
	u32 n = 0;
	bpf_probe_read_user(&n, sizeof(n), (void *)at);
	return n;
}

// A parameter with the number of its type before it.
static __always_inline void put_typed(struct scratch *s, u8 type, u64 n, u32 size)
{
	*room(s) = type;
	*(u64 *)&s->buf[(s->pos + 1) & 0xffff] = n;
	done(s, 1 + size);
}

// One descriptor of a poll, if something happened to it; `off` counts them. 1 when it cannot be read. A function of its own, so that
// the kernel's verifier looks at it once.
__noinline int put_one_polled(struct scratch *s, u64 from, u32 table)
{
	struct { s32 fd; u16 events, revents; } polled = {};
	if (!s || bpf_probe_read_user(&polled, sizeof(polled), (void *)from))
		return 1;
	if (!polled.revents)
		return 0;
	u32 at = s->pos + 2 + 10 * s->off;
	*(s64 *)&s->buf[at & 0xffff] = polled.fd;
	*(u16 *)&s->buf[(at + 8) & 0xffff] = translate(polled.revents, table);
	s->off++;
	return 0;
}

// The descriptors that something happened to: how many, then number and events of each.
__noinline int put_polled(struct scratch *s, u64 array, u32 n, u32 table)
{
	if (!s)
		return 0;
	s->off = 0;
	for (u32 i = 0; i < MAX_POLL; i++) {
		if (s->ret <= 0 || i >= n || put_one_polled(s, array + 8 * i, table))
			break;
	}
	*(u16 *)room(s) = s->off;
	done(s, 2 + 10 * s->off);
	return 0;
}

#define SOL_SOCKET 1
#define SO_ERROR 4
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_COOKIE 57
enum { VALUE_BYTES = 0, VALUE_ERRNO = 1, VALUE_U32 = 2, VALUE_U64 = 3, VALUE_TIME = 4 };
// Options whose value is no number: linger, peercred, the three of security, bindtodevice, the filters, peername, peersec, attach_bpf.
#define NO_NUMBER (1ull << 13 | 1ull << 17 | 7ull << 22 | 1ull << 25 | 1ull << 26 | 1ull << 27 | 1ull << 28 | 1ull << 31 | 1ull << 50)

// Up to 50 the kernel's numbers of options are those of captures.
static __always_inline u8 option_name(u32 level, u32 name)
{
	if (level != SOL_SOCKET)
		return 0;
	return name <= 50 ? name : name == 55 ? 52 : name == SO_COOKIE ? 53 : name == 59 ? 51 : 0;
}

__noinline int put_option(struct scratch *s, u64 value, u32 len)
{
	if (!s)
		return 0;
	u32 level = s->args[1], name = s->args[2];
	if (level == SOL_SOCKET && name == SO_ERROR) {
		put_typed(s, VALUE_ERRNO, -(s64)(s32)user_u32(value), 8);
	} else if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
		put_typed(s, VALUE_TIME, user_u64(value) * 1000000000ull + user_u64(value + 8) * 1000, 8);
	} else if (level == SOL_SOCKET && name == SO_COOKIE) {
		put_typed(s, VALUE_U64, user_u64(value), 8);
	} else if (level == SOL_SOCKET && name <= 50 && !(NO_NUMBER >> name & 1)) {
		put_typed(s, VALUE_U32, user_u32(value), 4);
	} else {
		u32 take = len > snaplen ? snaplen : len;
		take = BOUND(take, 0x1fff);
		*room(s) = VALUE_BYTES;
		if (take > MAX_TEXT || bpf_probe_read_user(&s->buf[(s->pos + 1) & 0xffff], take, (void *)value))
			take = 0;
		done(s, 1 + take);
	}
	return 0;
}

// One operation on a semaphore: which, by how much, how; zeros if the call has not so many.
static __always_inline void put_sembuf(struct scratch *s, u64 array, u32 index, u32 n)
{
	struct { u16 num, op, flags; } op = {};
	if (index < n)
		bpf_probe_read_user(&op, sizeof(op), (void *)(array + index * sizeof(op)));
	put_u16(s, op.num);
	put_u16(s, op.op);
	put_u16(s, (op.flags & 04000 ? 1 : 0) | (op.flags & 0x1000 ? 2 : 0));
}

#define SETVAL 16

enum { Q_SYNC = 0x800001, Q_QUOTAON, Q_QUOTAOFF, Q_GETFMT, Q_GETINFO, Q_SETINFO, Q_GETQUOTA, Q_SETQUOTA };
enum { Q_XQUOTAON = 0x5801, Q_XQUOTAOFF, Q_XGETQUOTA, Q_XSETQLIM };
enum { QIF_BLIMITS = 1, QIF_SPACE = 2, QIF_ILIMITS = 4, QIF_BTIME = 16, QIF_ITIME = 32 };
enum { IIF_BGRACE = 1, IIF_IGRACE = 2, IIF_FLAGS = 4 };

// The portable number of a quota format: a bit for each that there is.
static __always_inline u8 quota_format(u32 native)
{
	return native == 1 ? 2 : native == 2 ? 4 : native == 4 ? 8 : 1;
}

// All parameters of quotactl but the result.
__noinline int put_quota(struct scratch *s, u32 table)
{
	if (!s)
		return 0;
	u32 native = (u32)s->args[0] >> 8, type = s->args[0] & 0xff, id = s->args[2];
	u64 addr = s->args[3];
	struct { u64 bhard, bsoft, space, ihard, isoft, inodes, btime, itime; u32 valid, pad; } quota = {};
	struct { u64 bgrace, igrace; u32 flags, valid; } info = {};
	if (native == Q_GETQUOTA || native == Q_SETQUOTA)
		bpf_probe_read_user(&quota, sizeof(quota), (void *)addr);
	else if (native == Q_GETINFO || native == Q_SETINFO)
		bpf_probe_read_user(&info, sizeof(info), (void *)addr);
	put_user_str(s, s->args[1]);
	put_user_str(s, native == Q_QUOTAON ? addr : 0);
	put_u64(s, quota.valid & QIF_BLIMITS ? quota.bhard : 0);
	put_u64(s, quota.valid & QIF_BLIMITS ? quota.bsoft : 0);
	put_u64(s, quota.valid & QIF_SPACE ? quota.space : 0);
	put_u64(s, quota.valid & QIF_ILIMITS ? quota.ihard : 0);
	put_u64(s, quota.valid & QIF_ILIMITS ? quota.isoft : 0);
	put_u64(s, quota.valid & QIF_BTIME ? quota.btime : 0);
	put_u64(s, quota.valid & QIF_ITIME ? quota.itime : 0);
	put_u64(s, info.valid & IIF_BGRACE ? info.bgrace : 0);
	put_u64(s, info.valid & IIF_IGRACE ? info.igrace : 0);
	put_u8(s, info.valid & IIF_FLAGS ? (info.flags & 1 ? 2 : 1) : 0);
	put_u8(s, native == Q_GETFMT && s->ret == 0 ? quota_format(user_u32(addr)) : 1);
	put_u16(s, translate(native, table));
	put_u8(s, type < 2 ? 1 << type : 0);
	bool of_one = native == Q_GETQUOTA || native == Q_SETQUOTA || native == Q_XGETQUOTA || native == Q_XSETQLIM;
	put_u32(s, of_one ? id : 0);
	put_u8(s, native == Q_QUOTAON ? quota_format(id) : 1);
	return 0;
}

// Which of keyctl's arguments are texts.
static __always_inline bool key_text(u32 operation, u32 i)
{
	switch (operation) {
	case 1: // join_session_keyring
		return i == 1;
	case 10: // search
	case 29: // restrict_keyring
		return i == 2 || i == 3;
	case 24: // pkey_query
		return i == 3;
	}
	return 0;
}

static __always_inline void put_key_arg(struct scratch *s, u32 i)
{
	u64 x = i < 6 ? s->args[i] : 0;
	if (!x || !key_text(s->args[0], i)) {
		// The first argument is a key's number in most operations: an int, and some are below 0.
		put_typed(s, 0, i == 1 && x <= 0xffffffff ? (s64)(s32)x : x, 8);
		return;
	}
	*room(s) = 1;
	long len = bpf_probe_read_user_str(&s->buf[(s->pos + 1) & 0xffff], MAX_TEXT, (void *)x);
	if (len <= 0) {
		s->buf[(s->pos + 1) & 0xffff] = 0;
		len = 1;
	}
	done(s, 1 + (len & 0x1fff));
}

#define IORING_ENTER_EXT_ARG 8

__noinline int fill_more(struct scratch *s, u32 op, u32 a, u32 aux)
{
	if (!s)
		return 0;
	u64 x = arg(s, a);
	switch (op) {
	case OP_POLLED:
		put_polled(s, x, arg(s, a + 1), aux);
		break;
	case OP_OPTION_NAME:
		put_u8(s, option_name(s->args[1], x));
		break;
	case OP_OPTION_VALUE:
		put_option(s, x, s->nr == NR_GETSOCKOPT ? user_u32(s->args[4]) : (u32)s->args[4]);
		break;
	case OP_USER_U32:
		put_u32(s, x ? user_u32(x + 4 * aux) : 0);
		break;
	case OP_SEMBUF:
		put_sembuf(s, x, aux, s->args[2]);
		break;
	case OP_SEM_VALUE:
		put_u32(s, (u32)s->args[2] == SETVAL ? x : 0);
		break;
	case OP_QUOTA:
		put_quota(s, aux);
		break;
	case OP_KEY_ARG:
		put_key_arg(s, a);
		break;
	case OP_RING_FLAGS:
		put_u32(s, translate(user_u32(x + 8), aux));
		break;
	case OP_RING_FEATURES:
		put_u32(s, translate(user_u32(x + 20), aux));
		break;
	case OP_RING_SIGNALS:
		if (s->args[3] & IORING_ENTER_EXT_ARG)
			x = x ? user_u64(x) : 0;
		put_u32(s, x ? user_u64(x) : 0);
		break;
	case OP_CONTEXT_BYTES: // of fsconfig's binary values
		put_user_data(s, x, (u32)s->args[1] == 2 ? (u32)s->args[4] : 0);
		break;
	case OP_CONTEXT_TEXT: { // of its texts and paths
		u32 command = s->args[1];
		put_user_str(s, command == 1 || command == 3 || command == 4 ? x : 0);
		break;
	}
	default:
		put_empty(s);
		break;
	}
	return 0;
}
