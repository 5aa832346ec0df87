// One event under construction: what the loader tells, the buffer of each processor, the ring, and what goes wrong.
#pragma once
#include "scratch.h"

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
enum { KIND_FILLS = 0, KIND_EXEC = 1, KIND_CLONE = 2, KIND_MESSAGES = 3 };
#define MAX_MESSAGES 64 // of one call, each an event

// From the kernel's numbers to the portable ones of captures.
#define MAX_XLAT 48
struct xlat_entry { u64 native; u32 portable; u32 mask; };
struct xlat { u32 count; u32 is_enum; struct xlat_entry entries[MAX_XLAT]; };

enum { LOST_RING = 0, LOST_LONG = 1, LOST_BUSY = 2, LOST_COMPAT = 3, CUT_BYTES = 4, SENT = 5, COUNTERS = 8 };

// Who listens: the process that loaded the programs, and the one that reads the rings. They may be one.
const volatile u32 own_tgid = 0;
const volatile u32 reader_tgid = 0;
const volatile u32 snaplen = 80;
const volatile u64 boot_epoch = 0; // nanoseconds from the epoch to the boot
const volatile bool only_tree = 0; // only processes in `tree` and what they start
const volatile bool follow_own = 0; // what the loader itself starts is in the tree

// Where events go: into one ring, or each processor's or each group of processes' into one of its own. The loader makes the rings.
const volatile u32 ring_count = 1;
const volatile bool ring_by_cpu = 0;

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__array(values, struct ring);
} rings SEC(".maps");

// Mapped by the loader, which switches calls on and off without a right to ask the kernel.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
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

// One for each processor, and not a per-processor map, which cannot be mapped: whoever reads the rings has no right to ask the kernel.
struct counts { u64 values[COUNTERS]; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counts);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} tree SEC(".maps");

// The path or the address that a thread's call was given, from when it began: the memory may hold another one when the call returns.
#define MAX_PATH 1024
struct given { u32 call; u32 len; u8 path[MAX_PATH]; }; // call: its number and 1; 0 when there is none
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct given);
} paths SEC(".maps");

// The same of the arguments of an execve.
#define MAX_GIVEN_ARGS 0x7ff
#define MAX_GIVEN_ARG 1024
struct given_args { u32 call; u32 first; u32 len; u8 text[MAX_GIVEN_ARGS + MAX_GIVEN_ARG]; }; // `first`: the length of the first one
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct given_args);
} given_args SEC(".maps");

static __always_inline void count(u32 what, u64 n)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct counts *counts = bpf_map_lookup_elem(&counters, &cpu);
	if (counts && what < COUNTERS)
		counts->values[what] += n;
}

// What was kept when the record's call began, if it was.
static __always_inline struct given *given(struct scratch *s)
{
	struct given *given = bpf_task_storage_get(&paths, bpf_get_current_task_btf(), 0, 0);
	return given && given->call == s->nr + 1 ? given : 0;
}

// Whether events of this process are wanted.
static __always_inline bool wanted(u32 tgid)
{
	if (tgid == own_tgid || tgid == reader_tgid)
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
	start(s, bpf_get_current_task_btf(), (u32)bpf_get_current_pid_tgid(), type, nparams);
	*(u16 *)&s->buf[0] = cpu;
	*(u64 *)&s->buf[2] = bpf_ktime_get_boot_ns() + boot_epoch;
	return s;
}

// The ring for what the processor does now.
static __always_inline void *ring_here(void)
{
	u32 index = 0;
	if (ring_count > 1)
		index = (ring_by_cpu ? bpf_get_smp_processor_id() : (u32)(bpf_get_current_pid_tgid() >> 32)) % ring_count;
	return bpf_map_lookup_elem(&rings, &index);
}

static __always_inline void end(struct scratch *s)
{
	u64 len = s->pos;
	void *ring;
	if (s->cut)
		count(CUT_BYTES, s->cut);
	if (len > LIMIT) {
		count(LOST_LONG, 1);
	} else {
		stop(s);
		ring = ring_here();
		if (!ring || bpf_ringbuf_output(ring, s->buf, len & 0xffff, BPF_RB_NO_WAKEUP))
			count(LOST_RING, 1);
		else
			count(SENT, 1);
	}
	s->busy = 0;
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

// The path as it was when the call began, if that is known.
static __always_inline void put_given_path(struct scratch *s, u64 from)
{
	struct given *kept = given(s);
	if (!kept) {
		put_user_str(s, from);
		return;
	}
	kept->call = 0;
	u32 len = kept->len;
	if (len == 0 || len > MAX_PATH || bpf_probe_read_kernel(room(s), len, kept->path))
		len = 0;
	done(s, len);
}
