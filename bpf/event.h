// One event under construction: the record's layout, the buffer of each processor, and what goes wrong.
//
// A record in the ring is what an event block of a capture holds: the processor's number (u16), then the event: time, thread,
// length, type, number of parameters, the parameters' lengths (u16 each), the parameters.
#pragma once

#define MAX_PARAMS 32
#define HEAD 28 // processor and event header
#define MAX_TEXT 4096
#define LIMIT 0xd000 // No parameter begins after this, so that no event is longer than what a capture's reader takes.
#define BUF (0x10000 + MAX_TEXT)
#define MAX_FILLS 12

// How a parameter is made; see data/calls.txt of the probe crate, which the loader turns into this.
struct fill {
	u8 op; // OP_*
	u8 arg; // an argument of the call
	u8 size; // bytes of a number
	u8 aux; // another argument, a table, an offset
};

struct call {
	u16 type; // the event's code; 0: not switched on
	u8 nparams;
	u8 kind; // KIND_*
	struct fill fills[MAX_FILLS];
};
enum { KIND_FILLS = 0, KIND_EXEC = 1, KIND_CLONE = 2 };

// From the kernel's numbers to the portable ones of captures.
#define MAX_XLAT 48
struct xlat_entry { u64 native; u32 portable; u32 mask; };
struct xlat { u32 count; u32 is_enum; struct xlat_entry entries[MAX_XLAT]; };

struct scratch {
	u32 busy;
	u32 pos; // where the next parameter goes in `buf`
	u32 next; // its index
	u32 nr;
	s64 ret;
	u64 args[6];
	u64 cut; // bytes that the length of captured data left out
	// A walk up to a root: where it is, and where in `path` the text begins so far.
	u64 node, mount;
	u32 off;
	u16 pad; // so that the numbers of the event's header are aligned
	u8 buf[BUF];
	u8 path[2 * MAX_TEXT + 16];
};

enum { LOST_RING = 0, LOST_LONG = 1, LOST_BUSY = 2, LOST_COMPAT = 3, CUT_BYTES = 4, SENT = 5, COUNTERS = 6 };

const volatile u32 own_tgid = 0;
const volatile u32 snaplen = 80;
const volatile u64 boot_epoch = 0; // nanoseconds from the epoch to the boot
const volatile bool only_tree = 0; // only processes in `tree` and what they start
const volatile bool follow_own = 0; // what the loader itself starts is in the tree

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32);
	__type(key, u32);
	__type(value, struct xlat);
} xlats SEC(".maps");

// One for each processor. Not a per-processor map, whose values may not be this long.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} tree SEC(".maps");

// The path that a thread's call was given, from when it began: the memory may hold another one when the call returns.
#define MAX_PATH 1024
struct given { u32 call; u32 len; u8 path[MAX_PATH]; }; // call: its number and 1; 0 when there is none
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct given);
} paths SEC(".maps");

static __always_inline void count(u32 what, u64 n)
{
	u64 *value = bpf_map_lookup_elem(&counters, &what);
	if (value)
		*value += n;
}

// Whether events of this process are wanted.
static __always_inline bool wanted(u32 tgid)
{
	if (tgid == own_tgid)
		return 0;
	return !only_tree || bpf_map_lookup_elem(&tree, &tgid);
}

static __always_inline struct scratch *begin(u16 type, u8 nparams)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	if (!s)
		return 0;
	// Whoever was interrupted here still needs the buffer.
	if (s->busy) {
		count(LOST_BUSY, 1);
		return 0;
	}
	s->busy = 1;
	s->pos = HEAD + 2 * nparams;
	s->next = 0;
	s->cut = 0;
	*(u16 *)&s->buf[0] = cpu;
	*(u64 *)&s->buf[2] = bpf_ktime_get_boot_ns() + boot_epoch;
	*(u64 *)&s->buf[10] = (u32)bpf_get_current_pid_tgid();
	*(u16 *)&s->buf[22] = type;
	*(u32 *)&s->buf[24] = nparams;
	return s;
}

static __always_inline void end(struct scratch *s)
{
	u64 len = s->pos;
	if (s->cut)
		count(CUT_BYTES, s->cut);
	if (len > LIMIT) {
		count(LOST_LONG, 1);
	} else {
		*(u32 *)&s->buf[18] = len - 2;
		if (bpf_ringbuf_output(&ring, s->buf, len & 0xffff, BPF_RB_NO_WAKEUP))
			count(LOST_RING, 1);
		else
			count(SENT, 1);
	}
	s->busy = 0;
}

// ---- appending parameters

static __always_inline u8 *room(struct scratch *s)
{
	return &s->buf[s->pos & 0xffff];
}

static __always_inline void done(struct scratch *s, u32 len)
{
	u32 i = s->next;
	*(u16 *)&s->buf[(HEAD + 2 * i) & 0x7f] = len;
	s->next = i + 1;
	// Past the limit nothing is appended any more: the event will be counted as too long.
	s->pos = (s->pos > LIMIT ? LIMIT + 1 : s->pos) + len;
}

static __always_inline void put_empty(struct scratch *s) { done(s, 0); }
static __always_inline void put_u8(struct scratch *s, u8 n) { *room(s) = n; done(s, 1); }
static __always_inline void put_u16(struct scratch *s, u16 n) { *(u16 *)room(s) = n; done(s, 2); }
static __always_inline void put_u32(struct scratch *s, u32 n) { *(u32 *)room(s) = n; done(s, 4); }
static __always_inline void put_u64(struct scratch *s, u64 n) { *(u64 *)room(s) = n; done(s, 8); }

static __always_inline void put_sized(struct scratch *s, u8 size, u64 n)
{
	*(u64 *)room(s) = n;
	done(s, size & 15);
}

// Text of user space; empty if it cannot be read.
__noinline int put_user_str(struct scratch *s, u64 from)
{
	if (!s)
		return 0;
	long len = from ? bpf_probe_read_user_str(room(s), MAX_TEXT, (void *)from) : 0;
	done(s, len > 0 ? len & 0x1fff : 0);
	return 0;
}

__noinline int put_kernel_str(struct scratch *s, u64 from)
{
	if (!s)
		return 0;
	long len = from ? bpf_probe_read_kernel_str(room(s), MAX_TEXT, (void *)from) : 0;
	done(s, len > 0 ? len & 0x1fff : 0);
	return 0;
}

// ---- texts that are made from their end: the name of each step goes before what is there

static __always_inline void walk_begin(struct scratch *s, u64 node, u64 mount)
{
	s->node = node;
	s->mount = mount;
	s->off = MAX_TEXT - 1;
	s->path[MAX_TEXT - 1] = 0;
}

// Whether there was room.
static __always_inline bool walk_name(struct scratch *s, u64 name, u32 len)
{
	u32 off = s->off;
	len &= 0xff;
	if (off < len + 1)
		return 0;
	off -= len;
	bpf_probe_read_kernel(&s->path[off & 0xfff], len, (void *)name);
	s->off = off;
	return 1;
}

static __always_inline void walk_slash(struct scratch *s)
{
	u32 off = s->off - 1;
	s->path[off & 0xfff] = '/';
	s->off = off;
}

// Bytes of user space, as many as the settings allow.
static __always_inline void put_user_data(struct scratch *s, u64 from, u64 len)
{
	u32 take = len > snaplen ? snaplen : len;
	if (take > MAX_TEXT)
		take = MAX_TEXT;
	if (take == 0 || bpf_probe_read_user(room(s), take, (void *)from))
		take = 0;
	else
		s->cut += len - take;
	done(s, take);
}
